import { laneKey, type Lane } from "@weir/record";
import { timeWindows, type RuleSet } from "@weir/rules";
import type { Decided, RestoredState, StateChange, StateNote } from "@weir/stream";
import type { LaneState } from "../lane-state.ts";
import type { GateSettings } from "../settings.ts";
import type { Windows } from "../windows.ts";
import { createHeard } from "./heard.ts";
import { createJudge, type Judge } from "./judge.ts";
import { letGo, letGoBatches } from "./let-go.ts";
import { markTold, toldChanges } from "./told.ts";

/** Windows over all partitions, as one process sees them: what it tells, what it hears, what it judges. */
export interface Shared {
  assign(lane: Lane, restored: RestoredState): void;
  revoke(lane: Lane): void;
  /** Judges, where the process owns partition 0, and lets go what has been judged. */
  hear(notes: readonly StateNote[], partitions: number, lanes: Iterable<LaneState>): Decided[];
  /** Is there something that others wait for? */
  isUnsaved(state: LaneState): boolean;
  /** What to write of the lane with the next transaction. */
  changes(state: LaneState): StateChange[];
}

export function createShared(
  settings: GateSettings,
  windows: Windows,
  ruleSetOf: (digest: string, canonical: string | null) => RuleSet,
): Shared {
  const heard = createHeard();
  const judges = new Map<string, Judge>();
  const windowOf = settings.window?.kind === "time" ? timeWindows(settings.window) : null;
  return {
    assign: (lane, restored) => {
      if (lane.partition !== 0) return;
      const rules = (digest: string): RuleSet => ruleSetOf(digest, heard.rules(digest));
      judges.set(laneKey(lane), createJudge({ settings, lane, heard, ruleSetOf: rules, restored }));
    },
    revoke: (lane) => void judges.delete(laneKey(lane)),
    hear: (notes, partitions, lanes) => {
      heard.apply(notes, partitions);
      const out: Decided[] = [];
      for (const state of lanes) {
        if (state.refill === null) out.push(...(judges.get(laneKey(state.lane))?.judge() ?? []));
        out.push(...(windowOf === null ? letGoBatches(settings, state, heard) : letGo(settings, state, windows, heard)));
      }
      return out;
    },
    isUnsaved: (state) => toldChanges(state, windowOf).length > 0,
    changes: (state) => {
      const changes = toldChanges(state, windowOf);
      markTold(state, changes);
      return [...changes, ...(judges.get(laneKey(state.lane))?.changes() ?? [])];
    },
  };
}
