import type { Batch } from "@weir/record";
import type { Decided, Recall } from "@weir/stream";
import type { LaneState } from "./lane-state.ts";
import { judged } from "./release.ts";
import type { GateSettings } from "./settings.ts";
import { nextPart, recalledPart } from "./slices.ts";

/** What the lane lets go next of windows that leave in parts; null when all of them are out. */
export function nextOf(settings: GateSettings, state: LaneState): readonly Decided[] | Recall | null {
  for (let head = state.releasing[0]; head; head = state.releasing[0]) {
    const { window, by } = head;
    if (head.release === null) {
      if (state.stop !== null) return null; // its verdict stands behind the one that stopped the partition
      const { release, told } = judged(settings, state, window, by);
      head.release = release;
      return [told];
    }
    const part = nextPart(settings, state, head, head.release);
    if (part !== null) return part;
    state.releasing.shift();
    const trailing = window.trailing.flatMap(({ outlet }) => outlet.flush() ?? []);
    if (trailing.length > 0) return trailing;
  }
  return null;
}

/** Records that were asked for with a recall. */
export function recalledOf(settings: GateSettings, state: LaneState, batch: Batch): Decided[] {
  const head = state.releasing[0];
  return head && head.release !== null ? recalledPart(settings, head, head.release, batch) : [];
}
