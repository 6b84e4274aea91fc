import { laneKey, type Batch, type Lane } from "@weir/record";
import type { Position } from "../log.ts";

/** One lane that this process owns, in one life: whoever gets it anew gets a new object, so late answers are recognised. */
export interface OwnedLane {
  readonly lane: Lane;
  readonly key: string;
  status: "new" | "resolving" | "ready" | "halted";
  /** Next offset to take in. */
  next: number;
  /** Position that was last handed to a commit. */
  committed: number;
  /** When records last came, by the monotonic clock. */
  activeAt: number;
  /** Offset up to which input was declared ended and `endOfInput` was called; -1 before. */
  endedAt: number;
  /** `next` for which an idle marker was last made; -1 before. */
  markedAt: number;
  committedAt: number;
}

export interface Lanes {
  readonly all: ReadonlyMap<string, OwnedLane>;
  take(lane: Lane): void;
  drop(key: string): OwnedLane | undefined;
  /** Every owned lane starts a new life; the old ones are returned. */
  restart(): OwnedLane[];
  ready(): OwnedLane[];
  get(lane: Lane): OwnedLane | undefined;
}

export function createLanes(): Lanes {
  const all = new Map<string, OwnedLane>();
  const fresh = (lane: Lane): OwnedLane => ({
    lane: { topic: lane.topic, partition: lane.partition },
    key: laneKey(lane),
    status: "new",
    next: -1,
    committed: -1,
    activeAt: 0,
    endedAt: -1,
    markedAt: -1,
    committedAt: 0,
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
    ready: () => [...all.values()].filter((l) => l.status === "ready"),
    get: (lane) => all.get(laneKey(lane)),
  };
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
