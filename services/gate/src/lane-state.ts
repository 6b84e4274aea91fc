import type { Batch, Lane } from "@weir/record";
import type { BatchJudgement, OpenTally, RuleSet } from "@weir/rules";

/** Rows of one batch that a window holds, ascending. */
export interface Segment {
  readonly batch: Batch;
  readonly judgement: BatchJudgement;
  rows: Int32Array;
  count: number;
}

/** What windowing knew before a row was taken in: enough to place that row again after a restart. */
export interface Entry {
  /** Windows that end at or before it are closed: the greatest event time minus lateness, or what a marker closed. */
  readonly horizon: number;
  readonly ordinal: number;
}

/** A window, told from a later one of the same id: producers may use the id of a batch again. */
export interface WindowOrigin {
  readonly id: string;
  readonly opened: number;
}

export interface OpenWindow {
  readonly id: string;
  readonly start: number | null;
  /** Infinity where event time does not close it. */
  readonly end: number;
  readonly ruleSet: RuleSet;
  readonly tally: OpenTally;
  readonly segments: Segment[];
  /** First record that was placed in it, also when that one was dead-lettered at once. */
  /** Offset of the first record of its own; `first` may be that of a window merged into it. */
  readonly opened: number;
  first: number;
  last: number;
  /** Records delivered into it, those of merged windows included. */
  count: number;
  mergedCount: number;
  entry: Entry;
  /** Windows without enough evidence that were merged into it. */
  readonly merged: WindowOrigin[];
  heldBytes: number;
}

/** A close marker as it was applied: before the record at `offset`, with the horizon that it left. */
export interface AppliedMarker {
  readonly offset: number;
  readonly watermark: number;
  readonly horizon: number;
}

export interface SavedWindow {
  readonly id: string;
  readonly first: number;
  readonly last: number;
  readonly count: number;
  /** Digest of the rule set that it was opened under. */
  readonly rules: string;
  readonly opened: number;
  readonly merged: readonly WindowOrigin[];
  /** Closed without enough evidence and waiting for the next window to be merged into. */
  readonly carried: boolean;
}

/** What the records from the committed offset on must bring back before anything is emitted. */
export interface Refill {
  readonly until: number;
  readonly windows: ReadonlyMap<string, SavedWindow>;
  readonly markers: AppliedMarker[];
  /** Calls that came meanwhile and hold as of `until`. */
  readonly waiting: ({ readonly watermark: number } | "endOfInput")[];
}

export interface LaneState {
  readonly lane: Lane;
  /** Where the records of this life began. */
  readonly from: number;
  /** First offset never yet taken in. */
  next: number;
  horizon: number;
  ordinal: number;
  /** In the order in which they were opened. */
  readonly windows: Map<string, OpenWindow>;
  carry: OpenWindow | null;
  /** Applied markers that a restart may have to apply again. */
  markers: AppliedMarker[];
  /** The latest batch: what a verdict without records is attached to. */
  batch: Batch | null;
  refill: Refill | null;
  /** Rule sets that lie in the state, by digest. */
  readonly stored: Set<string>;
  /** State as it was last written. */
  written: string;
}

/** The open window that a restart must begin with; null when nothing is open. */
export function oldestOpen(state: LaneState): OpenWindow | null {
  let oldest = state.carry;
  for (const window of state.windows.values()) if (oldest === null || window.first < oldest.first) oldest = window;
  return oldest;
}
