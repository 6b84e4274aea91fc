import { laneKey, WeirError, type Lane } from "@weir/record";
import type { LaneFailure } from "@weir/stream";

/** Where to go on behind an offset that cannot be read, null where nobody said so. */
export type SkipTo = (lane: Lane, offset: number) => number | null;

export const NOTHING_SKIPPED: SkipTo = () => null;

/** Moves positions behind what may be left out; what else cannot be read ends the reading instead of being asked for for ever. */
export function passOver(failed: readonly LaneFailure[], open: ReadonlyMap<string, { offset: number }>, skipTo: SkipTo): void {
  for (const { lane, kind, message } of failed) {
    const at = open.get(laneKey(lane));
    if (kind === "retry" || !at) continue;
    const to = skipTo(lane, at.offset);
    if (to === null) throw unreadable(lane, message);
    at.offset = to;
  }
}

function unreadable(lane: Lane, why: string): WeirError {
  return new WeirError({
    code: "WEIR-6045",
    what: "records cannot be read",
    where: laneKey(lane),
    why,
    fix: "look at the disk of the broker; weir skip lets the stages go on behind what is damaged",
  });
}
