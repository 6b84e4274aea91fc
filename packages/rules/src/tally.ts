import { columnOf } from "./check.ts";
import { addNames, countNames, savedNames, UNKNOWN_NAMES, type NameCounts } from "./names/name-counts.ts";
import { unionOf, type DistinctValues } from "./distinct/distinct-values.ts";
import type { BatchJudgement } from "./judge-batch.ts";
import { CODES, UNCOUNTED } from "./row-code.ts";

/**
 * What a window adds up: integers only, so that any split of the window and any order give the same (a commutative monoid
 * with `emptyTally` as identity and `addTally` as operation); the sums of rules `mean` alone depend on the order.
 */
export interface Tally {
  /** Records that could be decoded and placed in time. */
  readonly records: number;
  /** Rows by rule and row code: `counts[rule * CODES + code]`. */
  readonly counts: Float64Array;
  /** Rows by cell, the cells of one counter of the rule set after another. */
  readonly cells: Float64Array;
  /** Different values, by counter of the rule set. */
  readonly distinct: readonly DistinctValues[];
  /** Records by the name of a member that the contract does not know; absent where no rule asks. */
  readonly names?: NameCounts;
}

/** What a rule set counts. */
export interface TallyShape {
  readonly rules: { readonly length: number };
  readonly cells: number;
  readonly distinct: readonly { readonly limit: number }[];
  /** Are names counted that the contract does not know? */
  readonly names: boolean;
}

export type OpenTally = {
  records: number;
  readonly counts: Float64Array;
  readonly cells: Float64Array;
  readonly distinct: DistinctValues[];
  names?: NameCounts;
};

export function emptyTally({ rules, cells, distinct, names }: TallyShape): OpenTally {
  return {
    records: 0,
    counts: new Float64Array(rules.length * CODES),
    cells: new Float64Array(cells),
    distinct: distinct.map(() => new Set<number>()),
    ...(names && { names: new Map<string, number>() }),
  };
}

/** A tally as JSON. */
export interface SavedTally {
  readonly records: number;
  readonly counts: readonly number[];
  /** Absent where the rule set has none. */
  readonly cells?: readonly number[];
  /** The same; values upwards. */
  readonly distinct?: readonly (readonly number[] | null)[];
  readonly names?: readonly (readonly [string, number])[] | null;
}

export function saveTally({ records, counts, cells, distinct, names }: Tally): SavedTally {
  return {
    records,
    counts: [...counts],
    ...(cells.length > 0 && { cells: [...cells] }),
    ...(distinct.length > 0 && { distinct: distinct.map((values) => values && [...values].sort((a, b) => a - b)) }),
    ...(names !== undefined && { names: savedNames(names) }),
  };
}

export function openTally(shape: TallyShape, { records, counts, cells = [], distinct = [], names }: SavedTally): OpenTally {
  const counted = counts.length === shape.rules.length * CODES && cells.length === shape.cells;
  if (!counted || distinct.length !== shape.distinct.length || (names !== undefined) !== shape.names)
    throw new Error("the saved tally is of another rule set");
  return {
    records,
    counts: Float64Array.from(counts),
    cells: Float64Array.from(cells),
    distinct: distinct.map((values) => values && new Set(values)),
    ...(names !== undefined && { names: names && new Map(names) }),
  };
}

/** Adds `from` to `to`; both must be of this rule set. */
export function addTally({ distinct }: TallyShape, to: OpenTally, from: Tally): void {
  to.records += from.records;
  for (let i = 0; i < to.counts.length; i++) to.counts[i]! += from.counts[i]!; // of one rule set, so of one length
  for (let i = 0; i < to.cells.length; i++) to.cells[i]! += from.cells[i]!; // the same
  distinct.forEach(({ limit }, i) => (to.distinct[i] = unionOf(to.distinct[i]!, from.distinct[i]!, limit))); // the same
  if (to.names !== undefined && from.names !== undefined) to.names = addNames(to.names, from.names);
}

/** Counts the rows from `first` to before `end`. */
export function countRows(to: OpenTally, { ruleSet, view, counted, codes }: BatchJudgement, first: number, end: number): void {
  let records = 0;
  for (let row = first; row < end; row++) records += counted[row]!; // row < count
  to.records += records;
  for (let rule = 0; rule < codes.length; rule++) {
    const column = codes[rule];
    if (!column) continue;
    const at = rule * CODES;
    for (let row = first; row < end; row++) to.counts[at + column[row]!]!++; // codes are below CODES
    to.counts[at + UNCOUNTED] = 0; // how many rows did not count is no property of the window's records
  }
  for (const { counter, at } of ruleSet.counters) {
    counter.count({ column: columnOf(view, counter.request), counted, first, end }, to.cells, at);
  }
  ruleSet.distinct.forEach((counter, i) => {
    to.distinct[i] = counter.collect({ column: columnOf(view, counter.request), counted, first, end }, to.distinct[i]!); // of this rule set
  });
  if (to.names !== undefined) to.names = countNames({ column: columnOf(view, UNKNOWN_NAMES), counted, first, end }, to.names);
}
