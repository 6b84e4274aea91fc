import type { Decided } from "@weir/stream";
import type { LaneState, OpenWindow } from "../lane-state.ts";
import { releasePart, type Release } from "../release.ts";
import type { GateSettings } from "../settings.ts";
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
  if (state.refill !== null || state.releasing.length > 0 || state.rest !== null) return [];
  if (judged > state.horizon) {
    windows.closeByMarker(state, judged, []);
    state.horizon = judged;
    state.markers.push({ offset: state.next, watermark: judged, horizon: judged });
  }
  const out: Decided[] = [];
  for (const window of [...state.awaiting.values()].sort((a, b) => a.end - b.end)) {
    if (window.end > judged) break;
    state.awaiting.delete(window.id);
    const release = releaseOf(settings, state, window, heard);
    if (state.releasing.length > 0 || leavesInParts(settings, window)) {
      state.releasing.push(releasing(window, window.closedBy ?? "log", release));
      continue;
    }
    out.push(...window.segments.flatMap((segment) => releasePart(settings, segment, release)));
    out.push(...window.trailing.flatMap(({ outlet }) => outlet.flush() ?? []));
  }
  return out;
}

function releaseOf(settings: GateSettings, { lane }: LaneState, { id }: OpenWindow, heard: Heard): Release {
  const verdict = heard.verdict(lane.topic, id);
  const name = windowName(settings, id);
  if (!verdict) return { name, tags: [], condemned: null, last: -1 };
  return { name, tags: verdict.tags, condemned: verdict.condemned, last: verdict.last[lane.partition] ?? -1 };
}
