import type { Batch, Lane } from "@weir/record";
import type { BatchJudgement, LaneDetectors, LaneKeys, OpenTally, Persistence, RuleSet } from "@weir/rules";
import type { Tripped } from "./breaker.ts";
import type { Ring } from "./closed-panes.ts";
import type { KeyTallies } from "./keyed/key-tallies.ts";
import type { Release } from "./release.ts";
import type { Releasing } from "./slices.ts";
import type { Spilled } from "./spill.ts";
import type { Stopping } from "./stopping.ts";
import type { Passage } from "./take.ts";
import type { OffsetSpan } from "./taint.ts";
import type { Declaration } from "./declaration.ts";
import type { Outlet } from "./outlet.ts";
import type { ClosedBy } from "./verdict.ts";

/** Rows of one batch that a window holds, ascending. */
export interface Segment {
  readonly batch: Batch;
  /** What record rules say of single rows. */
  readonly judgement: Pick<BatchJudgement, "refused" | "tags">;
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
  /** Where the window is judged key by key. */
  readonly byKey: KeyTallies | null;
  readonly segments: Segment[];
  /** Before the segments: rows that are held without their bytes. */
  readonly spilled: Spilled[];
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
  /** Records of it that went on while it was open, or will if it passes; counted only where a verdict has to tell them. */
  through: OffsetSpan | null;
  /** Set once it is closed in this partition and waits for the verdict over all partitions. */
  closedBy: ClosedBy | null;
  /** Late records that came while it waited, by batch: they leave after it. */
  readonly trailing: { readonly batch: Batch; readonly outlet: Outlet }[];
  /** What its producer said of it, of a batch; null where nobody asks. */
  readonly declaration: Declaration | null;
  /** What the owners of other partitions were last told of it, and what that was made from; null: nothing. */
  told: { readonly count: number; readonly closedBy: ClosedBy | null; readonly text: string } | null;
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
  /** Closed and waiting for the verdict over all partitions: how it was closed. */
  readonly awaiting?: ClosedBy;
  readonly through?: OffsetSpan;
}

/** A window that was judged and partly let go. */
export interface SavedReleasing {
  readonly id: string;
  readonly by: ClosedBy;
  readonly release: Release | null;
  readonly cursor: number;
}

export type WaitingCall = { readonly watermark: number } | "endOfInput";

/** What the records from the committed offset on must bring back before anything is emitted. */
export interface Refill {
  readonly until: number;
  readonly windows: ReadonlyMap<string, SavedWindow>;
  readonly markers: AppliedMarker[];
  /** Calls that came meanwhile and hold as of `until`. */
  readonly waiting: WaitingCall[];
  readonly releasing: readonly SavedReleasing[];
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
  /** Closed here, to be judged over all partitions; in the order in which they were closed. */
  readonly awaiting: Map<string, OpenWindow>;
  /** Judged windows that leave in parts, and those that wait behind them. */
  releasing: Releasing[];
  /** What is left of a batch while windows that its records closed leave in parts. */
  rest: { readonly passage: Passage; readonly row: number } | null;
  /** Calls that came meanwhile. */
  readonly afterRest: WaitingCall[];
  /** Greatest event time minus lateness, whatever markers have closed; that of a record which waits for a window that it closed included. */
  logHorizon: number;
  /** Nothing has come for a while. */
  silent: boolean;
  /** The input was read to its declared end. */
  ended: boolean;
  /** What was last written of what others are told, by key. */
  readonly told: Map<string, string>;
  /** Applied markers that a restart may have to apply again. */
  markers: AppliedMarker[];
  refill: Refill | null;
  /** Rule sets that lie in the state, by digest. */
  readonly stored: Set<string>;
  /** Of windows that slide. */
  readonly ring: Ring;
  /** Null: records flow. */
  tripped: Tripped | null;
  /** A verdict stopped the partition: nothing behind it is taken in or let go. Null: it goes on. */
  stop: Stopping | null;
  /** As it was last written. */
  writtenStop: string | null;
  /** What rules `drift` remember of the last windows, by rule. */
  readonly alerts: Map<string, Persistence>;
  /** Rules over the records as they come; null where there are none. */
  readonly detectors: LaneDetectors | null;
  /** First offset that they have not seen. */
  detectorsNext: number;
  /** What rules `unique` remember; null where there are none. */
  readonly keys: LaneKeys | null;
  /** State as it was last written. */
  written: string;
}

/** The open window that a restart must begin with; null when nothing is open. */
export function oldestOpen(state: LaneState): OpenWindow | null {
  let oldest = state.carry;
  for (const window of state.windows.values()) if (oldest === null || window.first < oldest.first) oldest = window;
  for (const window of state.awaiting.values()) if (oldest === null || window.first < oldest.first) oldest = window;
  for (const { window } of state.releasing) if (oldest === null || window.first < oldest.first) oldest = window;
  return oldest;
}

export function heldRecords(window: OpenWindow): number {
  let records = 0;
  for (const segment of window.segments) records += segment.count;
  for (const { offsets } of window.spilled) records += offsets.length;
  for (const { outlet } of window.trailing) records += outlet.count();
  return records;
}

/** Are records read again, does a window leave in parts, or is the partition stopped, so that nothing else may be closed? */
export function isBusy({ refill, releasing, rest, stop }: LaneState): boolean {
  return refill !== null || releasing.length > 0 || rest !== null || stop !== null;
}

/** Everything of which records are held or counted and not let go. */
export function heldWindows(state: LaneState): OpenWindow[] {
  return [
    ...state.releasing.map((r) => r.window),
    ...(state.carry ? [state.carry] : []),
    ...state.awaiting.values(),
    ...state.windows.values(),
  ];
}
