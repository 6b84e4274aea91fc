import { discoveryLevel } from "@weir/stats";
import type { RuleVerdict } from "../judge-window.ts";
import type { RuleSet } from "../rule-set.ts";
import type { Tally } from "../tally.ts";
import { evidenceOf, isDrift, measureDrift, type MeasuredDrift } from "./measure.ts";

/** What the rules `drift` of a window say together. */
export interface Comparison {
  /** By index of the rule. */
  readonly columns: ReadonlyMap<number, MeasuredDrift>;
  /** The level at which each test of the window is decided. */
  readonly alpha: number;
}

/** Share of false discoveries among the discoveries of a window. */
const FALSE_DISCOVERIES = 0.01;

/** Measures all columns, then corrects for their number (Benjamini & Hochberg). Rules that judge exactly are facts and need no correction. */
export function compareWindow(ruleSet: RuleSet, tally: Tally): Comparison {
  const columns = new Map<number, MeasuredDrift>();
  ruleSet.rules.forEach(({ drift }, i) => {
    if (drift === null) return;
    const window = tally.cells.subarray(drift.at, drift.at + drift.rule.counter.size);
    columns.set(i, measureDrift(drift.rule, window, ruleSet.minRecords));
  });
  const tests = [...columns.values()].flatMap(({ rule, measured }) =>
    rule.judge === "significant" && measured !== null && measured.p !== null ? [measured.p] : [],
  );
  return { columns, alpha: discoveryLevel(tests, FALSE_DISCOVERIES) };
}

type Answer = Pick<RuleVerdict, "verdict" | "n"> & Partial<Pick<RuleVerdict, "k" | "why" | "drift">>;

export function driftAnswer({ columns, alpha }: Comparison, index: number): Answer {
  const column = columns.get(index);
  if (!column) throw new Error("the rule compares nothing");
  const evidence = evidenceOf(column, alpha);
  if (evidence === null) return { verdict: "insufficient", n: column.n, ...(column.why !== null && { why: column.why }) };
  return { verdict: isDrift(column, alpha) ? "breach" : "pass", n: column.n, drift: evidence };
}

const PPM = 1_000_000;

/** Of the fields that could be judged, have at least so many drifted? */
export function driftShareAnswer({ columns, alpha }: Comparison, limitPpm: number): Answer {
  const judged = [...columns.values()].filter((column) => column.measured !== null);
  const fields = new Set(judged.map((column) => column.rule.field));
  const drifted = new Set(judged.filter((column) => isDrift(column, alpha)).map((column) => column.rule.field));
  const [k, n] = [drifted.size, fields.size];
  if (n === 0) return { verdict: "insufficient", k, n, why: "no rule drift had enough evidence" };
  return { verdict: k * PPM >= limitPpm * n ? "breach" : "pass", k, n };
}
