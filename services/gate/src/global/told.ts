import { saveTally, type TimeWindows } from "@weir/rules";
import type { StateChange } from "@weir/stream";
import { heldWindows, type LaneState, type OpenWindow } from "../lane-state.ts";
import { FOREVER, partialKey, progressKey, type Partial, type Progress } from "./notes.ts";

/**
 * What the lane's owner has to tell the others and has not written yet; nothing while the lane is being refilled. Of windows of time what is
 * closed, of batches (`windowOf` null), which end where all partitions together have all their records, what has come.
 */
export function toldChanges(state: LaneState, windowOf: TimeWindows | null): StateChange[] {
  if (state.refill !== null) return [];
  const { lane, told } = state;
  const now = new Map<string, string>();
  for (const window of state.awaiting.values()) now.set(partialKey(lane, window.id), partialText(window));
  // A silent partition keeps nobody waiting: what it has so far is judged with the others.
  if (state.silent || windowOf === null)
    for (const window of state.windows.values()) now.set(partialKey(lane, window.id), partialText(window));
  now.set(progressKey(lane), JSON.stringify(progressOf(state, windowOf)));
  const changes: StateChange[] = [];
  for (const [key, value] of now) if (told.get(key) !== value) changes.push({ lane, key, value });
  for (const key of told.keys()) if (!now.has(key)) changes.push({ lane, key, value: null });
  return changes;
}

/** The changes are handed to a transaction. */
export function markTold({ told }: LaneState, changes: readonly StateChange[]): void {
  for (const { key, value } of changes) {
    if (value === null) told.delete(key);
    else told.set(key, value);
  }
}

/** Written again only for records that have come since: windows that are open are asked for at every turn. */
function partialText(window: OpenWindow): string {
  const { told, count, closedBy } = window;
  if (told?.count === count && told.closedBy === closedBy) return told.text;
  const text = JSON.stringify(partialOf(window));
  window.told = { count, closedBy, text };
  return text;
}

function partialOf({ id, start, end, ruleSet, first, last, count, tally, closedBy, declaration }: OpenWindow): Partial {
  return {
    v: 1,
    id,
    start,
    end: start === null ? null : end,
    rules: ruleSet.digest,
    first,
    last,
    count,
    tally: saveTally(tally),
    ...(start === null && declaration !== null && { batch: declaration.told(count) }),
    closedBy: closedBy ?? "marker",
  };
}

/** Windows tile time, so what matters of an event time is where its window begins. */
function progressOf(state: LaneState, windowOf: TimeWindows | null): Progress {
  const upTo = (time: number): number | null => (windowOf !== null && Number.isFinite(time) ? windowOf(time).start : null);
  const held = heldWindows(state).map((w) => w.start ?? FOREVER);
  return {
    v: 1,
    closed: state.ended ? FOREVER : upTo(state.horizon),
    byLog: upTo(state.logHorizon),
    released: windowOf === null ? 0 : Math.min(FOREVER, ...held),
    silent: state.silent,
  };
}
