import type { Failure } from "@weir/record";
import { toldVerdict, type WindowJudgement } from "@weir/rules";
import type { GateSettings } from "./settings.ts";
import { windowName } from "./verdict.ts";

/** Why the records of a window are quarantined: one object for all of them, so that their headers are made once. */
export function condemnation(settings: GateSettings, windowId: string, verdict: string, judgement: WindowJudgement): Failure {
  const told = judgement.rules
    .filter((r) => judgement.condemnedBy.some((ref) => ref.endsWith(`/${r.id}`)))
    .map((r) => `${r.id}: ${toldVerdict(r)}${r.verdict === "breach" ? "" : ` (${r.verdict})`}`);
  return {
    class: "WINDOW",
    message: `window ${windowName(settings, windowId)}: ${told.join("; ")}`,
    rules: judgement.condemnedBy.slice(0, 20),
    verdict,
  };
}
