import { judgesStreams, type RuleSpec } from "@weir/rules";
import type { GateSpec } from "../pipeline.ts";
import type { Path, SpecProblem } from "../problems.ts";
import type { Draft } from "./draft.ts";

/** What rules that stop their stage, or are asked of the stream or the clock, cannot say. */
export function lintStops(draft: Draft, gate: GateSpec): readonly SpecProblem[] {
  return gate.rules.flatMap((rule, index) => {
    const found = contradictionOf(gate, rule);
    if (found === null) return [];
    const { at, ...said } = found;
    const path: Path = ["stages", gate.id, "rules", index];
    return [draft.yaml.problem("WEIR-1804", [...path, at], said)];
  });
}

interface Contradiction {
  readonly at: string;
  readonly what: string;
  readonly why?: string;
  readonly fix: string;
}

function contradictionOf({ window }: GateSpec, rule: RuleSpec): Contradiction | null {
  const { action, id } = rule;
  const stops = action === "pause" || action === "halt";
  if (rule.for !== undefined && action !== "pause")
    return { at: "for", what: "`for` is how long a stage pauses", fix: "add action: pause, or remove it" };
  if (rule.kind === "silence" && action !== undefined && action !== "alert")
    return {
      at: "action",
      what: `\`silence\` cannot ${action}`,
      why: "it is asked of the clock, and what becomes of records is a function of the log alone",
      fix: "use action: alert",
    };
  if (judgesStreams(rule) && action !== undefined && action !== "alert" && !stops)
    return {
      at: "action",
      what: `\`${rule.kind}\` cannot ${action}`,
      why: "an alarm belongs to no window, and no single record breaks the rule",
      fix: "use action: alert, pause or halt",
    };
  if (stops && window?.kind === "time" && window.scope === "key")
    return {
      at: "action",
      what: `the rule \`${id}\` would stop all keys of a partition because of one`,
      why: "windows of scope: key keep the keys apart",
      fix: "use action: quarantineWindow, or a gate of its own with scope: partition",
    };
  return null;
}
