import { laneKey, RetriableError, type Batch, type Lane } from "@weir/record";
import type { Clock } from "../clock.ts";
import type { Fetched, Fetcher, FetchOptions, LaneFailure, Position } from "../log.ts";
import type { Topics } from "./topics.ts";

const DEFAULT_BYTES = 8 * 1024 * 1024;
const DEFAULT_PARTITION_BYTES = 1024 * 1024;

export interface Damage {
  readonly offset: number;
  readonly message: string;
}

export interface FetcherHome {
  readonly clock: Clock;
  readonly topics: Topics;
  /** By lane key: where bytes cannot be read. */
  readonly damage: ReadonlyMap<string, Damage>;
}

export function createFetcher(home: FetcherHome, options: FetchOptions): Fetcher {
  const committed = options.isolation !== "uncommitted";
  let turn = 0;
  let isClosed = false;
  const look = (positions: readonly Position[]): Fetched => {
    const from = positions.length === 0 ? 0 : turn++ % positions.length;
    const batches: Batch[] = [];
    const failed: LaneFailure[] = [];
    const ends = new Map<string, number>();
    const writtenTo = new Map<string, number>();
    let left = options.maxBytes ?? DEFAULT_BYTES;
    for (const position of [...positions.slice(from), ...positions.slice(0, from)]) {
      const found = readLane(home, position, committed, Math.min(left, options.maxPartitionBytes ?? DEFAULT_PARTITION_BYTES));
      if (found.end !== null) ends.set(laneKey(position), found.end);
      if (found.writtenTo !== null) writtenTo.set(laneKey(position), found.writtenTo);
      if (found.failure !== null) failed.push(found.failure);
      if (found.batch === null || left <= 0) continue;
      left -= found.batch.bytes.length;
      batches.push(found.batch);
    }
    return { batches, failed, ends, writtenTo };
  };
  return {
    async fetch(positions, waitMs) {
      const until = home.clock.monotonic() + waitMs;
      for (;;) {
        if (isClosed) throw new RetriableError("CLOSED", "the fetcher is closed");
        const found = look(positions);
        const left = until - home.clock.monotonic();
        if (found.batches.length > 0 || found.failed.length > 0 || left <= 0) return found;
        const news = home.topics.news();
        await Promise.race([news.promise, home.clock.sleep(left)]);
        news.cancel();
      }
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      home.topics.changed();
    },
  };
}

interface Found {
  readonly batch: Batch | null;
  readonly failure: LaneFailure | null;
  readonly end: number | null;
  readonly writtenTo: number | null;
}

function readLane({ topics, damage }: FetcherHome, position: Position, committed: boolean, maxBytes: number): Found {
  const lane: Lane = { topic: position.topic, partition: position.partition };
  const key = laneKey(lane);
  const log = topics.find(lane);
  const fail = (kind: LaneFailure["kind"], why: string): Found => {
    return { batch: null, failure: { lane, kind, message: `${key} at offset ${position.offset}: ${why}` }, end: null, writtenTo: null };
  };
  if (log === undefined) return fail("retry", "no such partition");
  if (position.offset < log.start || position.offset > log.end) return fail("out-of-range", `the log goes from ${log.start} to ${log.end}`);
  const broken = damage.get(key);
  if (broken !== undefined && position.offset === broken.offset) return fail("damaged", broken.message);
  const until = broken !== undefined && position.offset < broken.offset ? broken.offset : Infinity;
  const batch = log.read(position.offset, committed, maxBytes, until);
  return { batch, failure: null, end: committed ? log.stable() : log.end, writtenTo: log.end };
}
