import { CODES, UNCOUNTED } from "./row-code.ts";

/**
 * What a window adds up: integers only, so that any split of the window and any order give the same (a commutative monoid
 * with `emptyTally` as identity and `addTally` as operation).
 */
export interface Tally {
  /** Records that could be decoded and placed in time. */
  readonly records: number;
  /** Rows by rule and row code: `counts[rule * CODES + code]`. */
  readonly counts: Float64Array;
}

export type OpenTally = { records: number; readonly counts: Float64Array };

export function emptyTally(rules: number): OpenTally {
  return { records: 0, counts: new Float64Array(rules * CODES) };
}

/** Adds `from` to `to`, which must be of the same rule set. */
export function addTally(to: OpenTally, from: Tally): void {
  to.records += from.records;
  for (let i = 0; i < to.counts.length; i++) to.counts[i]! += from.counts[i]!; // of one rule set, so of one length
}

/** Counts the rows from `first` to before `end`. `codes` by rule, null for rules that look at no row. */
export function countRows(to: OpenTally, counted: Uint8Array, codes: readonly (Uint8Array | null)[], first: number, end: number): void {
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
}
