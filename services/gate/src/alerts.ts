import { NOTHING_YET, persist, type RuleVerdict, type WindowJudgement } from "@weir/rules";
import type { LaneState } from "./lane-state.ts";

/** Says of every rule `drift` whether its alert is raised, stands or is cleared by this window, and remembers the window. To be called once for each. */
export function settleAlerts(state: Pick<LaneState, "alerts">, judgement: WindowJudgement): WindowJudgement {
  return { ...judgement, rules: judgement.rules.map((answer) => settled(state, answer)) };
}

function settled({ alerts }: Pick<LaneState, "alerts">, answer: RuleVerdict): RuleVerdict {
  if (answer.kind !== "drift" && answer.kind !== "driftShare") return answer;
  const { after, alert } = persist(alerts.get(answer.id) ?? NOTHING_YET, answer.verdict);
  if (after.recent === "" && !after.standing) alerts.delete(answer.id);
  else alerts.set(answer.id, after);
  return alert === null ? answer : { ...answer, alert };
}
