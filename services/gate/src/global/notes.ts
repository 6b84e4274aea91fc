import { laneKey, type Failure, type Lane } from "@weir/record";
import type { SavedTally, WindowContext } from "@weir/rules";
import type { Stopping } from "../stopping.ts";
import type { ClosedBy } from "../verdict.ts";

/**
 * What the owners of the partitions write to the state topic so that windows over all of them are judged once. Every owner
 * tells what its partition adds to a window and how far it has come; the owner of partition 0 writes verdicts.
 */

/** What one partition has of a window that is closed there, or open in a silent partition; of a batch also what has come so far. */
export interface Partial {
  readonly v: 1;
  readonly id: string;
  /** Event times; null of a batch. */
  readonly start: number | null;
  readonly end: number | null;
  /** Digest of the rule set that it was opened under. */
  readonly rules: string;
  readonly first: number;
  readonly last: number;
  readonly count: number;
  readonly tally: SavedTally;
  /** Of a batch: how many records the partition has of it, and what they say of the whole. */
  readonly batch?: NonNullable<WindowContext["batch"]>;
  readonly closedBy: ClosedBy;
}

/** Event times: windows that end at or before them are closed, closed by the log itself, or not held any more. */
export interface Progress {
  readonly v: 1;
  /** With its partial written. Null: nothing is. */
  readonly closed: number | null;
  readonly byLog: number | null;
  readonly released: number;
  /** Nothing came for a while: nobody waits for the partition. */
  readonly silent: boolean;
}

/** A judged window: what its holders need to let it go. */
export interface SharedVerdict {
  readonly v: 1;
  readonly id: string;
  /** Event time; null of a batch. */
  readonly end: number | null;
  readonly tags: readonly string[];
  /** Why the window is quarantined; null when it passes. */
  readonly condemned: Failure | null;
  /** What stops the partitions that have records of it; absent: nothing does. */
  readonly stop?: Pick<Stopping, "cause" | "verdict">;
  /** By partition: last offset that was judged. Records of the window beyond it are late. */
  readonly last: Readonly<Record<string, number>>;
}

/** Later than any event time: input that has ended is closed up to here, a lane that holds nothing has released up to here. */
export const FOREVER: number = Number.MAX_SAFE_INTEGER;

export const partialKey = (lane: Lane, id: string): string => `partial/${laneKey(lane)}/${id}`;
export const progressKey = (lane: Lane): string => `progress/${laneKey(lane)}`;
export const verdictKey = (topic: string, id: string): string => `verdict/${topic}/${id}`;
/** What rules `drift` remember of the last windows. */
export const alertsKey = (topic: string): string => `alerts/${topic}`;
/** Windows that end at or before this event time are judged. */
export const judgedKey = (topic: string): string => `judged/${topic}`;
