import { WeirError, type Batch } from "@weir/record";
import { heldWindows, type AppliedMarker, type LaneState, type Refill, type SavedReleasing } from "./lane-state.ts";
import { dropReleased, type Releasing } from "./slices.ts";
import { flush, type Passage } from "./take.ts";
import type { Windows } from "./windows.ts";

/** Before the record at `offset`: applies markers that were applied there before, and ends the refill when it is over. */
export function advanceRefill(passage: Passage, windows: Windows, offset: number): void {
  const { state } = passage;
  if (state.refill === null) return;
  repeatMarkers(state, state.refill, windows, offset);
  if (offset >= state.refill.until) finish(passage, state.refill, windows);
}

export function finishRefillIfDone(passage: Passage, windows: Windows): void {
  const { state } = passage;
  if (state.refill !== null && state.next >= state.refill.until) finish(passage, state.refill, windows);
}

/** Row before which `advanceRefill` has something to do next. */
export function nextBreak(state: LaneState, batch: Batch, row: number): number {
  if (state.refill === null) return batch.count;
  const at = Math.min(state.refill.until, state.refill.markers[0]?.offset ?? Infinity);
  let end = row + 1;
  while (end < batch.count && batch.offset[end]! < at) end++; // end < count
  return end;
}

function repeatMarkers(state: LaneState, refill: Refill, windows: Windows, offset: number): void {
  for (let marker = refill.markers[0]; marker && marker.offset <= offset; marker = refill.markers[0]) {
    repeat(state, marker, windows);
    refill.markers.shift();
  }
}

function repeat(state: LaneState, { watermark, horizon }: AppliedMarker, windows: Windows): void {
  windows.closeByMarker(state, watermark, []); // emitted before the restart
  // Some of the windows that it closed may have ended before the records that are read again.
  state.horizon = horizon;
}

function finish(passage: Passage, refill: Refill, windows: Windows): void {
  const { state } = passage;
  repeatMarkers(state, refill, windows, refill.until);
  // The record at `until` closed windows and waits for one of them that leaves in parts.
  windows.closeUpTo(state, state.logHorizon, []);
  // The end of the input left no marker, but what it closed is still on its way.
  if (refill.releasing.some(({ by }) => by === "endOfInput")) windows.closeAll(state, []);
  // Ends of batches whose beginnings are not read again: they were decided before the restart.
  if (passage.settings.kind === "batch") for (const id of [...state.windows.keys()]) if (!refill.windows.has(id)) state.windows.delete(id);
  checkRefilled(state, refill);
  state.refill = null;
  state.releasing = refill.releasing.map((saved) => leavesAgain(passage, saved));
  flush(passage);
  state.afterRest.push(...refill.waiting);
}

/** A window that was leaving in parts goes on where it was. */
function leavesAgain({ state, settings }: Passage, { id, ...saved }: SavedReleasing): Releasing {
  const window = state.releasing.find((r) => r.window.id === id)?.window ?? state.awaiting.get(id) ?? state.windows.get(id);
  if (!window) throw new Error(`window ${id} was leaving and is not there`); // checked before
  state.awaiting.delete(id);
  if (state.windows.delete(id) && settings.kind === "count") state.ordinal++;
  const again = { ...saved, window, recalled: 0 };
  dropReleased(again);
  return again;
}

/** A log that gives other records the second time must not be judged as if nothing had happened. */
function checkRefilled(state: LaneState, refill: Refill): void {
  const open = new Map(heldWindows(state).map((w) => [w.id, w]));
  for (const id of new Set([...open.keys(), ...refill.windows.keys()])) {
    const now = open.get(id);
    const saved = refill.windows.get(id);
    if (now && saved && now.first === saved.first && now.last === saved.last && now.count === saved.count) continue;
    const told = (w: { first: number; last: number; count: number } | undefined): string =>
      w ? `${w.count} records, offsets ${w.first} to ${w.last}` : "not open";
    throw new WeirError({
      code: "WEIR-2305",
      what: `the open window ${id} could not be filled again as it was`,
      where: `${state.lane.topic} partition ${state.lane.partition}: saved ${told(saved)}; read again ${told(now)}`,
      why: "records were deleted or compacted, or the contract now reads other event times from them",
      fix: "put the contract back until the open windows have closed, or reset the stage: its offsets and its state topic together",
    });
  }
}
