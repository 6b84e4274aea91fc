import type { Meter } from "@weir/service";
import type { WindowJudgement } from "@weir/rules";

/** A judged window whose verdict is committed. */
export interface JudgedWindow extends Pick<WindowJudgement, "verdict" | "rules"> {
  readonly fate: (typeof FATES)[number];
}

export interface GateTelemetry {
  judged(window: JudgedWindow): void;
  /** A detector raised an alarm: a breach that no window waits for. */
  alarmed(rule: string): void;
}

const VERDICTS: readonly WindowJudgement["verdict"][] = ["pass", "breach", "insufficient", "error"];
/** Tainted: it broke a rule, and records of it had gone on. */
const FATES = ["passed", "quarantined", "tainted"] as const;
/** A window that is open at a deployment is judged by the rules it was opened under, which the file may no longer have. */
const EARLIER = "earlier";

/** What a gate reports beside its runner. `rules`: ids of the rules of the pipeline file. */
export function gateTelemetry(
  meter: Meter,
  at: { readonly pipeline: string; readonly stage: string },
  rules: readonly string[],
): GateTelemetry {
  const verdicts = meter.counter("weir_verdicts_total", "Answers of window rules, by rule", ["pipeline", "stage", "rule", "verdict"]);
  const windows = meter.counter("weir_windows_total", "Judged windows, by verdict and by what became of their records", [
    "pipeline",
    "stage",
    "verdict",
    "fate",
  ]);
  for (const verdict of VERDICTS) {
    for (const rule of rules) verdicts.add({ ...at, rule, verdict }, 0);
    for (const fate of FATES) windows.add({ ...at, verdict, fate }, 0);
  }
  return {
    alarmed: (rule) => verdicts.add({ ...at, rule: rules.includes(rule) ? rule : EARLIER, verdict: "breach" }, 1),
    judged: ({ verdict, fate, rules: answers }) => {
      windows.add({ ...at, verdict, fate }, 1);
      for (const { id, verdict: answer } of answers) {
        verdicts.add({ ...at, rule: rules.includes(id) ? id : EARLIER, verdict: answer }, 1);
      }
    },
  };
}
