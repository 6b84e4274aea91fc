import { clopperPearson } from "@weir/stats";
import type { RuleSpec } from "../spec.ts";
import { OWN_CELLS, type LearnedColumn } from "./learn-column.ts";
import type { Learned } from "./learner.ts";

/** A rule that the records would have met, and what speaks for it. Never applied by itself. */
export interface Proposal {
  readonly rule: RuleSpec;
  readonly evidence: string;
}

/** One-sided confidence of the limits that are proposed. */
const CONFIDENCE = 0.99;
const TWO_SIDED_ALPHA = 2 * (1 - CONFIDENCE);

/** Rules in observe mode: whoever takes one over decides when it is enforced. */
export function proposeRules(learned: Learned, baseline: string): Proposal[] {
  return [...learned.columns].flatMap(([field, column]) => [
    completeness(field, column),
    ...values(field, column),
    driftOf(field, column, baseline),
  ]);
}

/** Missing in how many records, at most, as far as so many records can tell. */
function completeness(field: string, { missing, rows, worstMissing }: LearnedColumn): Proposal {
  const { high } = clopperPearson(missing, rows, TWO_SIDED_ALPHA);
  const worst = worstMissing > high ? `; ${percent(worstMissing)} in the worst window` : "";
  const limit = `${missing} of ${rows} are missing; with ${CONFIDENCE * 100} % confidence at most ${percent(high)}${worst}`;
  const id = idOf(field);
  if (missing === 0) return { rule: { id: `${id}-there`, kind: "required", field, mode: "observe" }, evidence: limit };
  const max = Math.min(1, Math.ceil(Math.max(high, worstMissing) * 1000) / 1000);
  return { rule: { id: `${id}-nulls`, kind: "nullRate", field, max, mode: "observe" }, evidence: limit };
}

function values(field: string, learned: LearnedColumn): Proposal[] {
  const { column, rows, missing, singletons } = learned;
  const seen = rows - missing;
  const id = idOf(field);
  if (column.kind === "number") {
    const { high } = clopperPearson(0, seen, TWO_SIDED_ALPHA);
    const evidence = `${seen} values; with ${CONFIDENCE * 100} % confidence at most ${percent(2 * high)} lie outside`;
    return [{ rule: { id: `${id}-range`, kind: "range", field, min: column.min, max: column.max, mode: "observe" }, evidence }];
  }
  if (column.others.length > 0 || column.values.length > OWN_CELLS || singletons > 0) return [];
  const evidence = `${column.values.length} values in ${seen} records, each more than once: a new one is not expected`;
  return [{ rule: { id: `${id}-values`, kind: "oneOf", field, values: column.values, mode: "observe" }, evidence }];
}

function driftOf(field: string, { column, windows, beyondChance }: LearnedColumn, baseline: string): Proposal {
  const reference = column.references.js;
  const rule: RuleSpec = { id: `${idOf(field)}-drift`, kind: "drift", field, baseline, mode: "observe" };
  if (!reference) return { rule, evidence: "no reference windows: the noise floor assumes independent records" };
  const bar = reference.mean + 3 * reference.sd;
  const news = bar < 1 ? `only js above ${bar.toPrecision(3)} is news` : "no js is news";
  const apart = `${beyondChance} of ${windows} windows lie beyond chance`;
  const evidence =
    column.calibrated === "required"
      ? `calibrated: required, because ${apart}: records of a window share causes; ${news}`
      : `${apart}; ${news}`;
  return { rule, evidence };
}

function idOf(field: string): string {
  return field
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
