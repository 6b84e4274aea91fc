import type { ReadFailure, ReadResult } from "@weir/contract";
import type { Batch, Failure, NumberColumn } from "@weir/record";
import { countRows, judgeBatch, type BatchJudgement, type Repeats, type RuleSet } from "@weir/rules";
import type { Decided } from "@weir/stream";
import type { LaneState, OpenWindow } from "./lane-state.ts";
import { createOutlet, DEAD_LETTER, PASS, portOf, QUARANTINE, type Outlet } from "./outlet.ts";
import type { GateSettings } from "./settings.ts";
import { joinSpans, passingSpan } from "./taint.ts";

/** One batch on its way through the gate. */
export interface Passage {
  readonly settings: GateSettings;
  readonly state: LaneState;
  readonly batch: Batch;
  readonly read: ReadResult;
  /** Event times; null where records are placed without. */
  readonly times: NumberColumn | null;
  /** What the record rules say under the current rule set. */
  readonly current: BatchJudgement;
  /** The same under the rule set of a window. */
  judgement(ruleSet: RuleSet): BatchJudgement;
  readonly outlet: Outlet;
  readonly out: Decided[];
}

export function createPassage(
  settings: GateSettings,
  state: LaneState,
  batch: Batch,
  read: ReadResult,
  times: NumberColumn | null,
): Passage {
  const view = { batch, read, repeats: state.keys?.judge({ batch, read, repeats: NONE }) ?? NONE };
  const current = judgeBatch(settings.ruleSet, view, times);
  const others = new Map<string, BatchJudgement>([[settings.ruleSet.digest, current]]);
  const judgement = (ruleSet: RuleSet): BatchJudgement => {
    let found = others.get(ruleSet.digest);
    if (!found) others.set(ruleSet.digest, (found = judgeBatch(ruleSet, view, times)));
    return found;
  };
  return { settings, state, batch, read, times, current, judgement, outlet: createOutlet(batch, current.tags), out: [] };
}

const NONE: ReadonlyMap<string, Repeats> = new Map();

/** What was decided at once goes out before the next window does: so the order does not depend on where batches end. */
export function flush({ outlet, out }: Passage): void {
  const decided = outlet.flush();
  if (decided) out.push(decided);
}

/** Takes the rows from `first` to before `end` into the window; what cannot be read is dead-lettered at once. */
export function takeInto(passage: Passage, window: OpenWindow, first: number, end: number): void {
  if (first === end) return;
  const { settings, batch } = passage;
  const judgement = passage.judgement(window.ruleSet);
  countRows(window.tally, judgement, first, end);
  window.byKey?.count(judgement, first, end);
  window.last = batch.offset[end - 1]!; // end - 1 >= first, within the batch
  window.count += end - first;
  if (settings.tellsTaint && isFlowing(passage.state))
    window.through = joinSpans(window.through, passingSpan(passage, judgement, first, end));
  if (settings.hold) hold(passage, window, judgement, first, end);
  else decideRows(passage, judgement, first, end);
}

/** What went on before a restart is in the state. */
function isFlowing({ refill, tripped }: LaneState): boolean {
  return refill === null && tripped === null;
}

/** Record rules alone, at once. */
export function decideRows(passage: Passage, judgement: BatchJudgement, first: number, end: number): void {
  if (passage.state.refill === null) decideInto(passage.outlet, passage, judgement, first, end);
}

/**
 * A record that came after its window was closed: `failure` null lets its record rules decide. Windows that were closed
 * before it leave before it, also where they wait for a verdict over all partitions.
 */
export function decideLate(passage: Passage, row: number, failure: Failure | null): void {
  const { read, current } = passage;
  const broken = read.failures.get(row);
  if (broken) return refuse(passage, row, DEAD_LETTER, failureOf(broken));
  const outlet = lateOutlet(passage);
  if (outlet === null) return;
  if (failure !== null) outlet.put(row, QUARANTINE, failure);
  else decideInto(outlet, passage, current, row, row + 1);
}

/** Null for records that were decided before a restart. */
function lateOutlet({ batch, state, current, outlet }: Passage): Outlet | null {
  let last: OpenWindow | null = null;
  for (const window of state.awaiting.values()) last = window;
  if (last === null) return state.refill === null ? outlet : null;
  const known = last.trailing.findLast((t) => t.batch === batch);
  if (known) return known.outlet;
  const opened = createOutlet(batch, current.tags);
  last.trailing.push({ batch, outlet: opened });
  return opened;
}

function decideInto(outlet: Outlet, { read, state }: Passage, judgement: BatchJudgement, first: number, end: number): void {
  const diverted = state.tripped?.failure;
  const { stopped, refused } = judgement;
  for (let row = first; row < end; row++) {
    if (stopped[row] === 0 && diverted === undefined) {
      const from = row;
      while (row + 1 < end && stopped[row + 1] === 0) row++;
      outlet.pass(from, row + 1);
      continue;
    }
    const failure = read.failures.get(row);
    const refusal = refused.get(row);
    if (failure) outlet.put(row, DEAD_LETTER, failureOf(failure));
    else if (diverted) outlet.put(row, QUARANTINE, diverted);
    else if (refusal) outlet.put(row, portOf(refusal), refusal.failure);
    else outlet.put(row, PASS);
  }
}

/** One record that no window takes. */
export function refuse({ outlet, state }: Passage, row: number, port: number, failure: Failure): void {
  if (state.refill === null) outlet.put(row, port, failure);
}

export function failureOf({ class: kind, message, violations, retriable }: ReadFailure): Failure {
  const more = violations.length > 1 ? violations.map((v) => `${v.pointer || "the record"} ${v.message}`).join("; ") : message;
  return { class: kind, message: more, ...(retriable && { retriable }) };
}

function hold(passage: Passage, window: OpenWindow, judgement: BatchJudgement, first: number, end: number): void {
  const { batch, read, outlet, state } = passage;
  let segment = window.segments[window.segments.length - 1];
  if (segment?.batch !== batch)
    window.segments.push(
      (segment = {
        batch,
        judgement: { refused: judgement.refused, tags: judgement.tags },
        rows: new Int32Array(Math.min(batch.count, Math.max(end - first, 16))),
        count: 0,
      }),
    );
  if (segment.count + end - first > segment.rows.length) {
    const rows = new Int32Array(Math.min(batch.count, Math.max(segment.rows.length * 2, segment.count + end - first)));
    rows.set(segment.rows);
    segment.rows = rows;
  }
  let { count } = segment;
  let bytes = 0;
  for (let row = first; row < end; row++) {
    const failure = read.failures.size === 0 ? undefined : read.failures.get(row);
    if (failure) {
      if (state.refill === null) outlet.put(row, DEAD_LETTER, failureOf(failure));
      continue;
    }
    segment.rows[count++] = row;
    bytes += batch.valueLength[row]!; // row < count of the batch
  }
  segment.count = count;
  if (count === 0) window.segments.pop();
  window.heldBytes += bytes;
}

/** The first row at or behind an offset; the count of the batch when there is none. */
export function firstRowFrom(batch: Batch, offset: number): number {
  let [low, high] = [0, batch.count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (batch.offset[middle]! < offset) low = middle + 1; // middle < count
    else high = middle;
  }
  return low;
}
