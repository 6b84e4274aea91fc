import { NOTHING_YET, persist, rememberVolume, type RuleSet, type RuleVerdict, type WindowJudgement } from "@weir/rules";
import type { LaneState } from "./lane-state.ts";

/**
 * Says of every rule `drift` whether its alert is raised, stands or is cleared by this window, and remembers the window, for rules `volume`
 * too. To be called once for each, in their order.
 */
export function settleAlerts(
  state: Pick<LaneState, "alerts">,
  judgement: WindowJudgement,
  { ruleSet, start }: { readonly ruleSet: RuleSet; readonly start: number | null },
): WindowJudgement {
  for (const { id, volume } of ruleSet.rules) {
    if (volume === null || (!volume.ratio && !volume.season)) continue;
    const n = judgement.rules.find((rule) => rule.id === id)?.n ?? 0;
    const memory = rememberVolume(state.alerts.get(id)?.volume ?? null, n, start, volume.season !== undefined);
    state.alerts.set(id, { ...NOTHING_YET, volume: memory });
  }
  return { ...judgement, rules: judgement.rules.map((answer) => settled(state, answer)) };
}

function settled({ alerts }: Pick<LaneState, "alerts">, answer: RuleVerdict): RuleVerdict {
  if (answer.kind !== "drift" && answer.kind !== "driftShare") return answer;
  const { after, alert } = persist(alerts.get(answer.id) ?? NOTHING_YET, answer.verdict);
  if (after.recent === "" && !after.standing) alerts.delete(answer.id);
  else alerts.set(answer.id, after);
  return alert === null ? answer : { ...answer, alert };
}
