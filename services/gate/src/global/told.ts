import { saveTally, type TimeWindows } from "@weir/rules";
import type { StateChange } from "@weir/stream";
import { heldWindows, type LaneState, type OpenWindow } from "../lane-state.ts";
import { FOREVER, partialKey, progressKey, type Partial, type Progress } from "./notes.ts";

/** What the lane's owner has to tell the others and has not written yet; nothing while the lane is being refilled. */
export function toldChanges(state: LaneState, windowOf: TimeWindows): StateChange[] {
  if (state.refill !== null) return [];
  const { lane, told } = state;
  const now = new Map<string, string>();
  for (const window of state.awaiting.values()) now.set(partialKey(lane, window.id), JSON.stringify(partialOf(window)));
  // A silent partition keeps nobody waiting: what it has so far is judged with the others.
  if (state.silent) for (const window of state.windows.values()) now.set(partialKey(lane, window.id), JSON.stringify(partialOf(window)));
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

function partialOf(window: OpenWindow): Partial {
  const { id, start, end, ruleSet, first, last, count, tally, closedBy } = window;
  if (start === null) throw new Error(`window ${id} of all partitions has no event time`);
  return { v: 1, id, start, end, rules: ruleSet.digest, first, last, count, tally: saveTally(tally), closedBy: closedBy ?? "marker" };
}

/** Windows tile time, so what matters of an event time is where its window begins. */
function progressOf(state: LaneState, windowOf: TimeWindows): Progress {
  const upTo = (time: number): number | null => (Number.isFinite(time) ? windowOf(time).start : null);
  const held = heldWindows(state).map((w) => w.start ?? FOREVER);
  return {
    v: 1,
    closed: state.ended ? FOREVER : upTo(state.horizon),
    byLog: upTo(state.logHorizon),
    released: Math.min(FOREVER, ...held),
    silent: state.silent,
  };
}
