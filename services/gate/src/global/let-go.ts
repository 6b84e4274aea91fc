import type { Decided } from "@weir/stream";
import { isBusy, type LaneState, type OpenWindow } from "../lane-state.ts";
import { releasePart, type Release } from "../release.ts";
import type { GateSettings } from "../settings.ts";
import { stopBy } from "../stopping.ts";
import { leavesInParts, releasing } from "../slices.ts";
import { windowName } from "../verdict.ts";
import type { Windows } from "../windows.ts";
import type { Heard } from "./heard.ts";

/**
 * Lets go what was judged over all partitions. A partition that was silent may still have such windows open: they are
 * closed where it stands, and what came to them after they were judged is late.
 */
export function letGo(settings: GateSettings, state: LaneState, windows: Windows, heard: Heard): Decided[] {
  const judged = heard.judged(state.lane.topic);
  if (isBusy(state)) return [];
  if (judged > state.horizon) {
    windows.closeByMarker(state, judged, []);
    state.horizon = judged;
    state.markers.push({ offset: state.next, watermark: judged, horizon: judged });
  }
  const out: Decided[] = [];
  for (const window of [...state.awaiting.values()].sort((a, b) => a.end - b.end)) {
    if (window.end > judged || state.stop !== null) break;
    state.awaiting.delete(window.id);
    leave(settings, state, window, heard, out);
  }
  return out;
}

/** Lets go of batches what was judged, in the order in which they began. What came to them after that is late. */
export function letGoBatches(settings: GateSettings, state: LaneState, heard: Heard): Decided[] {
  if (isBusy(state)) return [];
  const out: Decided[] = [];
  const { topic, partition } = state.lane;
  for (const window of [...state.windows.values()].sort((a, b) => a.first - b.first)) {
    if (state.stop !== null) break;
    const verdict = heard.verdict(topic, window.id);
    if (!verdict || window.first > (verdict.last[partition] ?? -1)) continue; // another batch of this id
    state.windows.delete(window.id);
    leave(settings, state, window, heard, out);
  }
  return out;
}

function leave(settings: GateSettings, state: LaneState, window: OpenWindow, heard: Heard, out: Decided[]): void {
  const release = releaseOf(settings, state, window, heard);
  const stop = heard.verdict(state.lane.topic, window.id)?.stop;
  if (stop) stopBy(settings, state, stop.cause, stop.verdict);
  if (state.releasing.length > 0 || leavesInParts(settings, window)) {
    state.releasing.push(releasing(window, window.closedBy ?? "log", release));
    return;
  }
  out.push(...window.segments.flatMap((segment) => releasePart(settings, segment, release)));
  out.push(...window.trailing.flatMap(({ outlet }) => outlet.flush() ?? []));
}

function releaseOf(settings: GateSettings, { lane }: LaneState, { id }: OpenWindow, heard: Heard): Release {
  const verdict = heard.verdict(lane.topic, id);
  const name = windowName(settings, id);
  if (!verdict) return { name, tags: [], condemned: null, last: -1 };
  return { name, tags: verdict.tags, condemned: verdict.condemned, last: verdict.last[lane.partition] ?? -1 };
}
