import { laneKey, type Batch, type Lane } from "@weir/record";
import type { Position } from "../log.ts";
import type { Suspicion } from "./death-mark.ts";

/** One lane that this process owns, in one life: whoever gets it anew gets a new object, so late answers are recognised. */
export interface OwnedLane {
  readonly lane: Lane;
  readonly key: string;
  /** `barred`: halted before it started, so that no stage knows it. `stopped`: by a rule of its stage. */
  status: "new" | "resolving" | "ready" | "halted" | "barred" | "stopped";
  /** Why it is halted, barred or stopped, or was until a moment ago; empty otherwise. */
  reason: string;
  /** Next offset to take in. */
  next: number;
  /** Position that was last handed to a commit. */
  committed: number;
  /** When records last came, by the monotonic clock. */
  activeAt: number;
  /** Offset up to which input was declared ended and `endOfInput` was called; -1 before. */
  endedAt: number;
  /** Its input is over and something of it may still be held. */
  ending: boolean;
  /** `next` for which an idle marker was last made; -1 before. */
  markedAt: number;
  committedAt: number;
  /** Timestamp of the newest record taken in, in milliseconds since 1970; -1 before. */
  newestAt: number;
  /** Last stable offset at which the lane has waited for an open transaction since `waitingSince`; -1: it does not wait. */
  waitingAt: number;
  waitingSince: number;
  /** Of the membership, when the lane started. */
  incarnation: number;
  /** What of it may have killed a process; null: nothing. */
  suspicion: Suspicion | null;
  /** Its first records have been with the stages: whatever a process dies of now is found by the next one. */
  proven: boolean;
}

export interface Lanes {
  readonly all: ReadonlyMap<string, OwnedLane>;
  take(lane: Lane): void;
  drop(key: string): OwnedLane | undefined;
  /** Every owned lane starts a new life; the old ones are returned. */
  restart(): OwnedLane[];
  /** The lane begins another life at the offset: what is on its way to it counts no more. */
  rewind(lane: Lane, next: number): void;
  ready(): OwnedLane[];
  /** Those that stages know: what was decided of a halted or stopped lane is committed with its position, too. */
  started(): OwnedLane[];
  /** Those that cannot go on. */
  stuck(): OwnedLane[];
  get(lane: Lane): OwnedLane | undefined;
}

export function createLanes(): Lanes {
  const all = new Map<string, OwnedLane>();
  const fresh = (lane: Lane): OwnedLane => ({
    lane: { topic: lane.topic, partition: lane.partition },
    key: laneKey(lane),
    status: "new",
    reason: "",
    next: -1,
    committed: -1,
    activeAt: 0,
    endedAt: -1,
    ending: false,
    markedAt: -1,
    committedAt: 0,
    newestAt: -1,
    waitingAt: -1,
    waitingSince: 0,
    incarnation: -1,
    suspicion: null,
    proven: false,
  });
  return {
    all,
    take: (lane) => void all.set(laneKey(lane), fresh(lane)),
    drop: (key) => {
      const lane = all.get(key);
      all.delete(key);
      return lane;
    },
    restart: () => {
      const old = [...all.values()];
      for (const { lane } of old) all.set(laneKey(lane), fresh(lane));
      return old;
    },
    rewind: (lane, next) => {
      const old = all.get(laneKey(lane));
      if (old) all.set(old.key, { ...old, next });
    },
    started: () => [...all.values()].filter(isStarted),
    stuck: () => [...all.values()].filter((l) => l.reason !== ""),
    ready: () => [...all.values()].filter((l) => l.status === "ready"),
    get: (lane) => all.get(laneKey(lane)),
  };
}

/** Do stages know it? */
export function isStarted({ status }: OwnedLane): boolean {
  return status === "ready" || status === "halted" || status === "stopped";
}

export function positionsOf(lanes: readonly OwnedLane[]): Position[] {
  return lanes.map((l) => ({ ...l.lane, offset: l.next }));
}

/** Batches that continue where their lane stands; the others belong to an earlier life of the lane. Moves `next`. */
export function accept(lanes: Lanes, batches: readonly Batch[], asked: ReadonlyMap<string, OwnedLane>): Batch[] {
  const taken: Batch[] = [];
  for (const batch of batches) {
    const lane = lanes.get(batch);
    if (!lane || lane.status !== "ready" || asked.get(lane.key) !== lane || batch.nextOffset <= lane.next) continue;
    if (batch.count > 0 && batch.offset[0]! < lane.next) continue; // count > 0
    lane.next = batch.nextOffset;
    if (batch.count > 0) taken.push(batch);
  }
  return taken;
}

/** How long the last stable offset has stood still before records that are written: their transaction is open. */
export function waitedMs(lane: OwnedLane, stable: number, writtenTo: number, now: number): number {
  if (stable >= writtenTo || lane.next < stable) {
    lane.waitingAt = -1;
    return 0;
  }
  if (lane.waitingAt !== stable) Object.assign(lane, { waitingAt: stable, waitingSince: now });
  return now - lane.waitingSince;
}
