import { laneKey, WeirError, type Lane } from "@weir/record";
import { restoreDetectors, restoreLaneKeys, type DetectorRule, type KeyRule, type Persistence } from "@weir/rules";
import type { RestoredState, StateChange } from "@weir/stream";
import type { Tripped } from "./breaker.ts";
import { paneChanges, restoreRing } from "./closed-panes.ts";
import { partialKey, progressKey } from "./global/notes.ts";
import {
  heldWindows,
  oldestOpen,
  type AppliedMarker,
  type LaneState,
  type OpenWindow,
  type SavedReleasing,
  type SavedWindow,
} from "./lane-state.ts";
import { restoreStop, stopChanges } from "./stopping.ts";

/** A lane's state as it lies in the state topic: written with every transaction that decides anything. */
interface Saved {
  readonly v: 1;
  /** First offset of the oldest open window; `next` when none is open. */
  readonly position: number;
  readonly next: number;
  /** As they were before the record at `position`; null: nothing was placed in time yet. */
  readonly horizon: number | null;
  /** As it was before `next`, or with the record there, where that one waits for a window that it closed. */
  readonly logHorizon?: number;
  readonly ordinal: number;
  readonly markers: readonly AppliedMarker[];
  readonly windows: readonly SavedWindow[];
  /** What rules `drift` remember of the last windows; absent where there is nothing. */
  readonly alerts?: Readonly<Record<string, Persistence>>;
  /** As it was before `next`; absent while records flow. */
  readonly tripped?: Tripped;
  /** Those of the windows that leave in parts, in order. */
  readonly releasing?: readonly SavedReleasing[];
  /** The window settings that all of this belongs to. */
  readonly settings: string;
}

const rulesKey = (digest: string): string => `rules/${digest}`;
const stateKey = (lane: Lane): string => `lane/${laneKey(lane)}`;
const detectorsKey = (lane: Lane): string => `detectors/${laneKey(lane)}`;

/** What changed in the lane since it was last written; nothing while it is being refilled. `settings` null: there are no windows. */
export function laneChanges(state: LaneState, settings: string | null): StateChange[] {
  if (state.refill !== null) return stopChanges(state);
  const { lane } = state;
  const keys = state.keys?.changes(oldestOpen(state)?.first ?? state.next).map((change) => ({ lane, ...change })) ?? [];
  const remembered = [...stopChanges(state), ...keys, ...detectorChanges(state), ...paneChanges(lane, state.ring)];
  return settings === null ? remembered : [...remembered, ...windowChanges(state, settings)];
}

function detectorChanges({ lane, detectors, detectorsNext }: LaneState): StateChange[] {
  const value = detectors?.changed(detectorsNext) ?? null;
  return value === null ? [] : [{ lane, key: detectorsKey(lane), value }];
}

function windowChanges(state: LaneState, settings: string): StateChange[] {
  const value = JSON.stringify(savedOf(state, settings));
  if (value === state.written) return [];
  state.written = value;
  const { lane } = state;
  const needed = new Map(heldWindows(state).map((w) => [w.ruleSet.digest, w.ruleSet.canonical]));
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
    ...(Number.isFinite(state.logHorizon) && { logHorizon: state.logHorizon }),
    ordinal,
    markers: state.markers,
    windows: heldWindows(state).map((w) => savedWindow(w, w === state.carry)),
    ...(state.alerts.size > 0 && { alerts: Object.fromEntries(state.alerts) }),
    ...(state.tripped !== null && { tripped: state.tripped }),
    ...(state.releasing.length > 0 && {
      releasing: state.releasing.map(({ window, by, release, cursor }) => ({ id: window.id, by, release, cursor })),
    }),
    settings,
  };
}

function savedWindow(window: OpenWindow, carried: boolean): SavedWindow {
  const { id, opened, first, last, count, ruleSet, merged, closedBy, through } = window;
  return {
    ...{ id, opened, first, last, count, rules: ruleSet.digest, merged, carried },
    ...(closedBy !== null && { awaiting: closedBy }),
    ...(through !== null && { through }),
  };
}

interface Restoring {
  /** Null: there are no windows. */
  readonly settings: string | null;
  /** Is there a breaker that can have tripped? */
  readonly breaker: boolean;
  /** Do rules stop the partition? */
  readonly stops: boolean;
  readonly keyRules: readonly KeyRule[];
  readonly detectorRules: readonly DetectorRule[];
}

/** The lane as its committed offset and its state say; throws where the two do not belong together. */
export function restoreLane(
  lane: Lane,
  from: number,
  restored: RestoredState,
  { settings, breaker, stops, keyRules, detectorRules }: Restoring,
): LaneState {
  const text = settings === null ? undefined : restored.get(stateKey(lane));
  const stored = new Set([...restored.keys()].filter((k) => k.startsWith("rules/")).map((k) => k.slice("rules/".length)));
  const fresh = {
    lane: { topic: lane.topic, partition: lane.partition },
    from,
    windows: new Map(),
    carry: null,
    awaiting: new Map(),
    releasing: [],
    rest: null,
    afterRest: [],
    silent: false,
    ended: false,
    markers: [],
    told: new Map([...restored].filter(([key]) => key === progressKey(lane) || key.startsWith(partialKey(lane, "")))),
    stored,
    keys: keyRules.length === 0 ? null : restoreLaneKeys(keyRules, lane, restored, from),
    ...restoredDetectors(detectorRules, restored.get(detectorsKey(lane)) ?? null),
    alerts: new Map<string, Persistence>(),
    ring: restoreRing(lane, restored, false),
    tripped: null,
    ...restoreStop(lane, restored, stops),
  };
  if (settings === null || text === undefined)
    return { ...fresh, next: from, horizon: -Infinity, logHorizon: -Infinity, ordinal: 0, refill: null, written: "" };
  const saved: Saved = JSON.parse(text);
  checkPlace(lane, from, saved, settings);
  const windows = new Map(saved.windows.map((w) => [w.id, w]));
  const refill =
    windows.size === 0 ? null : { until: saved.next, windows, markers: [...saved.markers], waiting: [], releasing: saved.releasing ?? [] };
  return {
    ...fresh,
    next: refill ? from : Math.max(from, saved.next),
    horizon: saved.horizon ?? -Infinity,
    logHorizon: saved.logHorizon ?? -Infinity,
    ordinal: saved.ordinal,
    alerts: new Map(Object.entries(saved.alerts ?? {})),
    ring: restoreRing(lane, restored, saved.settings === settings),
    tripped: breaker ? (saved.tripped ?? null) : null,
    refill,
    written: refill ? "" : text,
    markers: [...saved.markers],
  };
}

function restoredDetectors(rules: readonly DetectorRule[], text: string | null): Pick<LaneState, "detectors" | "detectorsNext"> {
  if (rules.length === 0) return { detectors: null, detectorsNext: 0 };
  const { detectors, next } = restoreDetectors(rules, text);
  return { detectors, detectorsNext: next };
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
