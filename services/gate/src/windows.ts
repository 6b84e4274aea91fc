import { addTally, emptyTally, judgeWindow, type RuleSet } from "@weir/rules";
import type { Decided } from "@weir/stream";
import { createDeclaration, type Declaration } from "./declaration.ts";
import { createKeyTallies } from "./keyed/key-tallies.ts";
import type { Entry, LaneState, OpenWindow, Refill, Segment, WindowOrigin } from "./lane-state.ts";
import { releaseWindow } from "./release.ts";
import type { GateSettings } from "./settings.ts";
import { leavesInParts, releasing } from "./slices.ts";
import { mergeSpilled, spill } from "./spill.ts";
import { mustWait } from "./stopping.ts";
import type { ClosedBy } from "./verdict.ts";

/** Where windows begin and end: opening, closing, merging; what leaves goes to `out`. */
export interface Windows {
  open(state: LaneState, place: WindowPlace, entry: Entry, out: Decided[]): OpenWindow;
  /** The window is over by the log itself. */
  close(state: LaneState, window: OpenWindow, out: Decided[]): void;
  /** Closes what ends at or before the event time, in order of end. */
  closeUpTo(state: LaneState, eventTime: number, out: Decided[]): void;
  /** Closes what a marker closes; later records of those windows are late. */
  closeByMarker(state: LaneState, watermark: number, out: Decided[]): void;
  closeAll(state: LaneState, out: Decided[]): void;
}

export interface WindowPlace {
  readonly id: string;
  readonly start: number | null;
  readonly end: number;
  readonly offset: number;
}

export function createWindows(settings: GateSettings, ruleSetOf: (digest: string) => RuleSet): Windows {
  const open: Windows["open"] = (state, place, entry, out) => {
    const saved = state.refill?.windows.get(place.id);
    const ruleSet = saved ? ruleSetOf(saved.rules) : settings.ruleSet;
    const window = emptyWindow(settings, place, entry, ruleSet);
    window.through = saved?.through ?? null;
    state.windows.set(window.id, window);
    const carry = state.carry;
    if (carry !== null && takesOthers(state, window)) {
      state.carry = null;
      if (carry.ruleSet.digest === ruleSet.digest) merge(window, carry);
      else release(settings, state, carry, "log", out);
    }
    return window;
  };
  const close = (state: LaneState, window: OpenWindow, by: ClosedBy, out: Decided[]): void => {
    state.windows.delete(window.id);
    if (settings.kind === "count") state.ordinal++;
    const leaving = state.refill?.releasing.find(
      (saved) => saved.id === window.id && state.refill?.windows.get(saved.id)?.opened === window.opened,
    );
    if (leaving && !settings.shared) return void state.releasing.push({ ...leaving, window, recalled: 0 });
    switch (settings.shared ? sharedFate(state, window) : fate(state, window, by)) {
      case "gone":
        return;
      case "await":
        window.closedBy = by;
        return void state.awaiting.set(window.id, window);
      case "merge":
        return handOn(settings, state, window, by, out);
      case "release":
        return release(settings, state, window, by, out);
    }
  };
  const closeEach = (state: LaneState, windows: OpenWindow[], by: ClosedBy, out: Decided[]): void => {
    for (const window of windows.sort((a, b) => a.end - b.end || a.first - b.first)) close(state, window, by, out);
  };
  const upTo = (state: LaneState, time: number): OpenWindow[] => [...state.windows.values()].filter((w) => w.end <= time);
  const raise = (state: LaneState, windows: readonly OpenWindow[]): void => {
    for (const { end } of windows) if (end < Infinity) state.horizon = Math.max(state.horizon, end);
  };
  return {
    open,
    close: (state, window, out) => close(state, window, "log", out),
    closeUpTo: (state, time, out) => closeEach(state, upTo(state, time), "log", out),
    closeByMarker: (state, watermark, out) => {
      // A marker far in the future closes what is open, count and batch windows included: the partition is silent.
      const closing = [...state.windows.values()].filter(
        (w) => w.end <= watermark || (w.end === Infinity && watermark >= Number.MAX_SAFE_INTEGER),
      );
      raise(state, closing);
      closeEach(state, closing, "marker", out);
    },
    closeAll: (state, out) => {
      const closing = [...state.windows.values()];
      raise(state, closing);
      closeEach(state, closing, "endOfInput", out);
      const carry = state.carry;
      state.carry = null;
      if (carry !== null) release(settings, state, carry, "endOfInput", out);
    },
  };
}

function emptyWindow(settings: GateSettings, place: WindowPlace, entry: Entry, ruleSet: RuleSet): OpenWindow {
  const { id, start, end, offset } = place;
  return {
    id,
    start,
    end,
    ruleSet,
    entry,
    tally: emptyTally(ruleSet),
    byKey: settings.keys && createKeyTallies(ruleSet, settings.keys),
    segments: [],
    spilled: [],
    opened: offset,
    first: offset,
    last: offset,
    count: 0,
    mergedCount: 0,
    merged: [],
    heldBytes: 0,
    through: null,
    closedBy: null,
    trailing: [],
    declaration: declarationOf(settings, ruleSet),
    told: null,
  };
}

function declarationOf({ kind, shared }: GateSettings, { rules }: RuleSet): Declaration | null {
  const isAsked = rules.some((rule) => rule.kind === "complete");
  return isAsked || (kind === "batch" && shared) ? createDeclaration(isAsked) : null;
}

/** While records are read again, the state says what became of a window that had been closed before. */
function fate(state: LaneState, window: OpenWindow, by: ClosedBy): "gone" | "merge" | "release" {
  const { refill } = state;
  if (refill !== null) {
    const kept = [...refill.windows.values()].some((w) => w.merged.some((m) => isSame(m, window)) || (w.carried && isSame(w, window)));
    return kept ? "merge" : "gone";
  }
  if (window.byKey !== null || judgeWindow(window.ruleSet, window.tally).outcome !== "mergeNext") return "release";
  return by === "endOfInput" && state.windows.size === 0 ? "release" : "merge";
}

/** Over all partitions it is judged by whoever owns the first one. What is read again was let go already unless the state still has it. */
function sharedFate({ refill }: LaneState, window: OpenWindow): "gone" | "await" {
  return refill === null || refill.windows.has(window.id) ? "await" : "gone";
}

/** While records are read again, ends of batches that were decided before are open, too: nothing is handed on to them. */
function takesOthers({ refill }: LaneState, window: WindowOrigin): boolean {
  return refill === null || isKept(refill, window);
}

/** Is it open, or part of what is open, at the end of what is read again? */
export function isKept(refill: Refill, window: WindowOrigin): boolean {
  return [...refill.windows.values()].some((w) => isSame(w, window) || w.merged.some((m) => isSame(m, window)));
}

function isSame(a: WindowOrigin, b: WindowOrigin): boolean {
  return a.id === b.id && a.opened === b.opened;
}

/** Into the next open window, or kept until one opens. Windows of different rule sets cannot be added up. */
function handOn(settings: GateSettings, state: LaneState, window: OpenWindow, by: ClosedBy, out: Decided[]): void {
  const open = [...state.windows.values()].filter((w) => takesOthers(state, w));
  const next = open.sort((a, b) => a.end - b.end || a.first - b.first)[0];
  if (next === undefined) {
    const carry = state.carry;
    if (carry === null) state.carry = window;
    else throw new Error(`window ${window.id} closed while ${carry.id} was waiting for the next window`);
  } else if (next.ruleSet.digest === window.ruleSet.digest) merge(next, window);
  else release(settings, state, window, by, out);
}

function release(settings: GateSettings, state: LaneState, window: OpenWindow, by: ClosedBy, out: Decided[]): void {
  if (state.refill !== null) return;
  if (mustWait(state) || leavesInParts(settings, window)) state.releasing.push(releasing(window, by, null));
  else out.push(...releaseWindow(settings, state, window, by));
}

function merge(into: OpenWindow, from: OpenWindow): void {
  addTally(into.ruleSet, into.tally, from.tally);
  if (from.first < into.first) into.entry = from.entry;
  into.first = Math.min(into.first, from.first);
  into.last = Math.max(into.last, from.last);
  into.count += from.count;
  into.mergedCount += from.count;
  into.heldBytes += from.heldBytes;
  into.merged.unshift(...from.merged, { id: from.id, opened: from.opened });
  // Spilled rows come before all that are in memory.
  if (from.spilled.length > 0 || into.spilled.length > 0) {
    spill(from);
    spill(into);
    into.spilled.splice(0, into.spilled.length, mergeSpilled([...from.spilled, ...into.spilled]));
    return;
  }
  const segments = mergeSegments(from.segments, into.segments);
  into.segments.splice(0, into.segments.length, ...segments);
}

/** In offset order, the rows of one batch together. */
function mergeSegments(a: readonly Segment[], b: readonly Segment[]): Segment[] {
  const merged: Segment[] = [];
  const all = [...a, ...b].sort((x, y) => x.batch.offset[0]! - y.batch.offset[0]!); // segments have rows, so their batches too
  for (const segment of all) {
    const last = merged[merged.length - 1];
    if (last?.batch !== segment.batch) {
      merged.push(segment);
      continue;
    }
    const rows = new Int32Array(last.count + segment.count);
    rows.set(last.rows.subarray(0, last.count));
    rows.set(segment.rows.subarray(0, segment.count), last.count);
    merged[merged.length - 1] = { ...last, rows: rows.sort(), count: rows.length };
  }
  return merged;
}
