import { laneKey, RetriableError, type Batch, type Lane } from "@weir/record";
import type { Clock } from "../clock.ts";
import type { Fetched, Fetcher, LaneFailure } from "../log.ts";
import { accept, positionsOf, type Lanes, type OwnedLane } from "./lanes.ts";

/** Records of the ready lanes, one fetch ahead of whoever processes them. */
export interface Feed {
  /**
   * `dueAt`: when the open transaction has to be committed, by the monotonic clock; null when none is open. What has not come by
   * then comes with a later call: nobody waits for new records with those that are decided.
   */
  next(dueAt: number | null): Promise<Fed>;
  /** What is on its way belongs to an earlier life of the lanes. */
  forget(): void;
}

export interface Fed {
  readonly batches: readonly Batch[];
  /** Lanes in their present life that could not be read. */
  readonly failed: readonly LaneFailure[];
  /** Last stable offset by lane key, empty when the fetch failed. */
  readonly ends: ReadonlyMap<string, number>;
  /** End of what was written, likewise. */
  readonly writtenTo: ReadonlyMap<string, number>;
  /** The whole fetch failed: why. */
  readonly fault: RetriableError | null;
  /** How long the answer took. */
  readonly ms: number;
}

/** Longest wait of a fetch. */
const WAIT_MS = 100;

interface Asked {
  readonly answer: Promise<Fetched>;
  /** The lives of the lanes that it was made for. */
  readonly lives: ReadonlyMap<string, OwnedLane>;
  readonly since: number;
}

const NOTHING_YET: Fed = { batches: [], failed: [], ends: new Map(), writtenTo: new Map(), fault: null, ms: 0 };

export interface FeedSetup {
  readonly fetcher: Fetcher;
  readonly lanes: Lanes;
  readonly clock: Clock;
  /** Lanes that are held back are not asked for. */
  readonly mayRead: (lane: Lane) => boolean;
}

export function createFeed({ fetcher, lanes, clock, mayRead }: FeedSetup): Feed {
  const readable = (): OwnedLane[] => lanes.ready().filter(({ lane }) => mayRead(lane));
  let ahead: Asked | null = null;
  const ask = (dueAt: number | null): Asked => {
    const ready = readable();
    const since = clock.monotonic();
    const wait = dueAt === null ? WAIT_MS : Math.max(1, Math.min(WAIT_MS, dueAt - since));
    const answer = fetcher.fetch(positionsOf(ready), wait);
    answer.catch(() => {}); // looked at when it is awaited
    return { answer, lives: new Map(ready.map((l) => [l.key, l])), since };
  };
  return {
    next: async (dueAt) => {
      const asked = ahead ?? ask(dueAt);
      if (dueAt !== null && !(await isAnsweredBy(asked, dueAt, clock))) {
        ahead = asked;
        return NOTHING_YET;
      }
      ahead = null;
      try {
        const fetched = await asked.answer;
        const batches = accept(lanes, fetched.batches, asked.lives);
        const failed = fetched.failed.filter(({ lane }) => asked.lives.get(laneKey(lane)) === lanes.get(lane));
        if (failed.length === 0 && readable().length > 0) ahead = ask(dueAt);
        return { batches, failed, ends: fetched.ends, writtenTo: fetched.writtenTo, fault: null, ms: clock.monotonic() - asked.since };
      } catch (error) {
        if (!(error instanceof RetriableError)) throw error;
        return { batches: [], failed: [], ends: new Map(), writtenTo: new Map(), fault: error, ms: 0 };
      }
    },
    forget: () => {
      ahead = null;
    },
  };
}

async function isAnsweredBy({ answer, since }: Asked, dueAt: number, clock: Clock): Promise<boolean> {
  if (dueAt >= since + WAIT_MS) return true; // it comes before that by itself
  let isAnswered = false;
  const told = (): void => void (isAnswered = true);
  await Promise.race([answer.then(told, told), clock.sleep(Math.max(0, dueAt - clock.monotonic()))]);
  return isAnswered;
}
