import { laneKey, WeirError, type Lane } from "@weir/record";
import type { RestoredState, StateChange } from "@weir/stream";
import { oldestOpen, type AppliedMarker, type LaneState, type OpenWindow, type SavedWindow } from "./lane-state.ts";

/** A lane's state as it lies in the state topic: written with every transaction that decides anything. */
interface Saved {
  readonly v: 1;
  /** First offset of the oldest open window; `next` when none is open. */
  readonly position: number;
  readonly next: number;
  /** As they were before the record at `position`; null: nothing was placed in time yet. */
  readonly horizon: number | null;
  readonly ordinal: number;
  readonly markers: readonly AppliedMarker[];
  readonly windows: readonly SavedWindow[];
  /** The window settings that all of this belongs to. */
  readonly settings: string;
}

const rulesKey = (digest: string): string => `rules/${digest}`;
const stateKey = (lane: Lane): string => `lane/${laneKey(lane)}`;

/** What changed in the lane since it was last written; nothing while it is being refilled. */
export function laneChanges(state: LaneState, settings: string): StateChange[] {
  if (state.refill !== null) return [];
  const value = JSON.stringify(savedOf(state, settings));
  if (value === state.written) return [];
  state.written = value;
  const { lane } = state;
  const needed = new Map(openWindows(state).map((w) => [w.ruleSet.digest, w.ruleSet.canonical]));
  const changes: StateChange[] = [];
  for (const digest of [...state.stored]) {
    if (needed.has(digest)) continue;
    state.stored.delete(digest);
    changes.push({ lane, key: rulesKey(digest), value: null });
  }
  for (const [digest, canonical] of needed) {
    if (state.stored.has(digest)) continue;
    state.stored.add(digest);
    changes.push({ lane, key: rulesKey(digest), value: canonical });
  }
  return [...changes, { lane, key: stateKey(lane), value }];
}

function savedOf(state: LaneState, settings: string): Saved {
  const oldest = oldestOpen(state);
  const { horizon, ordinal } = oldest?.entry ?? state;
  const position = oldest?.first ?? state.next;
  state.markers = state.markers.filter((m) => m.offset > position);
  return {
    v: 1,
    position,
    next: state.next,
    horizon: Number.isFinite(horizon) ? horizon : null,
    ordinal,
    markers: state.markers,
    windows: openWindows(state).map((w) => savedWindow(w, w === state.carry)),
    settings,
  };
}

function openWindows(state: LaneState): OpenWindow[] {
  return [...(state.carry ? [state.carry] : []), ...state.windows.values()];
}

function savedWindow({ id, opened, first, last, count, ruleSet, merged }: OpenWindow, carried: boolean): SavedWindow {
  return { id, opened, first, last, count, rules: ruleSet.digest, merged, carried };
}

/** The lane as its committed offset and its state say; throws where the two do not belong together. */
export function restoreLane(lane: Lane, from: number, restored: RestoredState, settings: string): LaneState {
  const text = restored.get(stateKey(lane));
  const stored = new Set([...restored.keys()].filter((k) => k.startsWith("rules/")).map((k) => k.slice("rules/".length)));
  const fresh = {
    lane: { topic: lane.topic, partition: lane.partition },
    from,
    windows: new Map(),
    carry: null,
    markers: [],
    batch: null,
    stored,
  };
  if (text === undefined) return { ...fresh, next: from, horizon: -Infinity, ordinal: 0, refill: null, written: "" };
  const saved: Saved = JSON.parse(text);
  checkPlace(lane, from, saved, settings);
  const windows = new Map(saved.windows.map((w) => [w.id, w]));
  const refill = windows.size === 0 ? null : { until: saved.next, windows, markers: [...saved.markers], waiting: [] };
  return {
    ...fresh,
    next: refill ? from : Math.max(from, saved.next),
    horizon: saved.horizon ?? -Infinity,
    ordinal: saved.ordinal,
    refill,
    written: refill ? "" : text,
    markers: [...saved.markers],
  };
}

/** Digest of a stored rule set and its canonical text. */
export function storedRules(restored: RestoredState): ReadonlyMap<string, string> {
  return new Map([...restored].filter(([key]) => key.startsWith("rules/")).map(([key, value]) => [key.slice("rules/".length), value]));
}

function checkPlace(lane: Lane, from: number, saved: Saved, settings: string): void {
  const where = `${lane.topic} partition ${lane.partition}`;
  if (saved.v !== 1) {
    throw new WeirError({
      code: "WEIR-2301",
      what: `the gate's state has the unknown version ${String(saved.v)}`,
      where,
      fix: "run the version of Weir that wrote it",
    });
  }
  const open = saved.windows.length > 0;
  // Without open windows only markers of transactions can lie between the position and what was committed.
  if (open ? from !== saved.position : from < saved.next) {
    throw new WeirError({
      code: "WEIR-2302",
      what: `the committed offset ${from} does not belong to the gate's state, which begins at ${saved.position}`,
      where,
      why: "both are written in one transaction, so somebody moved one of them alone",
      fix: "set the committed offset back, or reset the stage: its offsets and its state topic together",
    });
  }
  if (open && saved.settings !== settings) {
    throw new WeirError({
      code: "WEIR-2303",
      what: "the window settings were changed while windows were open",
      where: `${where}: ${saved.windows.map((w) => w.id).join(", ")}`,
      why: `open windows were cut by ${saved.settings}, now it would be ${settings}`,
      fix: "put the old settings back, let the open windows close (end of input, or idleAfter), then change them; rules can be changed at any time",
    });
  }
}
