import type { LoadedPipeline } from "@weir/service";
import { stopOf, type RuleSpec } from "@weir/rules";

/** What of rules cannot be seen where records of a file go through gates: what asks the clock, and what stops a stage. */
export function notTried(rules: readonly RuleSpec[]): string[] {
  const named = (of: readonly RuleSpec[]): string => of.map(({ id }) => id).join(", ");
  const silent = rules.filter(({ kind, mode }) => kind === "silence" && mode !== "off");
  const stopping = rules.filter((rule) => stopOf(rule) !== null);
  return [
    ...(silent.length > 0 ? [`not judged here, because the clock decides it and not the records: ${named(silent)} (silence)`] : []),
    ...(stopping.length > 0
      ? [`stops nothing here, so that everything is seen: ${named(stopping)} (pause, halt); the broken window is quarantined all the same`]
      : []),
  ];
}

/** Of all gates. */
export function rulesOfGates({ pipeline }: LoadedPipeline): RuleSpec[] {
  return [...pipeline.stages.values()].flatMap((stage) => (stage.type === "gate" ? stage.rules : []));
}
