import type { Action, RuleSpec } from "./spec.ts";

const WINDOW_KINDS: ReadonlySet<RuleSpec["kind"]> = new Set([
  "nullRate",
  "nullRise",
  "sentinel",
  "missingField",
  "newField",
  "typeChange",
  "constant",
  "cardinality",
  "mean",
  "quantile",
  "volume",
  "complete",
  "drift",
  "driftShare",
]);

/** Is the rule judged over windows? */
export function judgesWindows(spec: RuleSpec): boolean {
  if (spec.kind === "unique") return spec.max !== undefined;
  return WINDOW_KINDS.has(spec.kind) || ("mostly" in spec && spec.mostly !== undefined);
}

const CONDEMNING: ReadonlySet<string> = new Set<Action>(["quarantineWindow", "pause", "halt"]);

/** Does a breach with this action keep back all of the window? What stops a stage does so, too: nothing bad goes on. */
export function condemnsWindows(action: string): boolean {
  return CONDEMNING.has(action);
}

/** Is the rule asked of the records as they come, or of the clock? */
export function judgesStreams({ kind }: RuleSpec): boolean {
  return kind === "rateChange" || kind === "level" || kind === "silence";
}

/** Kinds that say what a source does, not what a record is: unless told otherwise they only alert. */
const ALERTING: ReadonlySet<RuleSpec["kind"]> = new Set(["nullRise", "newField", "drift", "driftShare", "rateChange", "level", "silence"]);

/** What a breach does where the rule does not say. */
export function defaultAction(spec: RuleSpec): "alert" | "quarantineWindow" | "quarantineRecord" {
  if (ALERTING.has(spec.kind)) return "alert";
  return judgesWindows(spec) ? "quarantineWindow" : "quarantineRecord";
}
