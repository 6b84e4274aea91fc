import type { ClosedBy } from "../verdict.ts";
import { awaited, progressOf, type Due, type DueWindow } from "./due.ts";
import type { Heard, Share } from "./heard.ts";
import { sharedWindows } from "./judge-shares.ts";
import { FOREVER, type Progress, type SharedVerdict } from "./notes.ts";

/** Windows of time that every partition has got past, in order of their ends. */
export function dueTimes(due: Due, closesIdle: boolean): DueWindow[] {
  const { topic, heard, judgedUpTo } = due;
  const all = progressOf(due);
  const closed = closedEverywhere(all, closesIdle);
  const log = Math.max(-Infinity, ...all.map((p) => p?.byLog ?? -Infinity));
  const timed = sharedWindows(heard.shares(topic)).map((window) => ({ window, end: window.end ?? Infinity })); // of time: they have an end
  return timed
    .filter(({ end }) => end > judgedUpTo && end <= closed)
    .sort((a, b) => a.end - b.end)
    .map(({ window, end }) => ({ window, closedBy: log >= end ? "log" : closedOtherwise(window.shares) }));
}

/**
 * Event time up to which no partition can add to a window any more. Silent ones are not waited for; where all are silent
 * and none has ended, the windows are closed only if the pipeline says so.
 */
function closedEverywhere(all: readonly (Progress | null)[], closesIdle: boolean): number {
  const waitedFor = awaited(all);
  if (waitedFor.length === 0) return closesIdle && all.length > 0 ? FOREVER : -Infinity;
  return Math.min(...waitedFor.map((p) => p?.closed ?? -Infinity));
}

function closedOtherwise(shares: readonly Share[]): ClosedBy {
  return shares.some(({ partial }) => partial.closedBy === "marker") ? "marker" : "endOfInput";
}

/** `closed` tells that the partition has got past the window, so that `released` is not from before it was opened. */
export function isTimeReleased({ last, end }: SharedVerdict, topic: string, heard: Heard): boolean {
  if (end === null) throw new Error("a window of time has an end");
  return Object.keys(last).every((partition) => {
    const progress = heard.progress(topic, Number(partition));
    return progress !== null && progress.released >= end && (progress.closed ?? -Infinity) >= end;
  });
}
