import { setTimeout as sleep } from "node:timers/promises";
import { laneKey, type Batch, type Lane } from "@weir/record";
import type { Fetcher, Log, Membership, Position, Producer, Transaction } from "@weir/stream";
import { BatchEncoder } from "../../../packages/kafka/src/record-batch/index.ts";
import { replay, type RecordedPartition } from "./recorded.ts";

/** A log in memory whose entry topic gives recorded answers and whose producer encodes and forgets: what a chain costs without a broker. */
export interface ReplayLog {
  readonly log: Log;
  /** Hands out so many records, in whole turns of all partitions, and settles when they have been decided and committed. */
  give(records: number): Promise<void>;
  readonly written: { readonly bytes: number; readonly records: number };
}

const IDLE_MS = 2;

export function createReplayLog(topic: string, partitions: readonly RecordedPartition[]): ReplayLog {
  const written = { bytes: 0, records: 0 };
  const lanes = partitions.map(({ partition }): Lane => ({ topic, partition }));
  const turnRecords = partitions.reduce((sum, { count }) => sum + count, 0);
  let turnsWanted = 0;
  const recordedOf = (lane: Lane): RecordedPartition | undefined => (lane.topic === topic ? partitions[lane.partition] : undefined);
  const endOf = (lane: Lane): number => turnsWanted * (recordedOf(lane)?.count ?? 0);
  const replayAt = (position: Position): readonly Batch[] => {
    const recorded = recordedOf(position);
    return recorded === undefined ? [] : replay(recorded, position, Math.floor(position.offset / recorded.count));
  };
  const committed = new Map<string, number>();
  const sumOf = (offsets: ReadonlyMap<string, number>): number => [...offsets.values()].reduce((sum, offset) => sum + offset, 0);
  const fetcher = (): Fetcher => ({
    async fetch(positions) {
      const ends = new Map(positions.map((p) => [laneKey(p), endOf(p)]));
      const batches = positions.flatMap((p) => (p.offset < endOf(p) ? replayAt(p) : []));
      if (batches.length === 0) await sleep(IDLE_MS);
      return { batches, failed: [], ends, writtenTo: ends };
    },
    async [Symbol.asyncDispose]() {
      // nothing is open
    },
  });
  const log: Log = {
    partitions: async (topics) => new Map(topics.map((name) => [name, partitions.length])),
    createTopics: async () => undefined,
    join: async ({ group, topics }, listener): Promise<Membership> => {
      const owned = topics.includes(topic) ? lanes : [];
      listener.onAssign(owned);
      return { group, memberId: "replay", epoch: 1, incarnation: 1, owned: () => owned, refresh: async () => {}, leave: async () => {} };
    },
    committed: async (_group, asked) => new Map(asked.map((lane) => [laneKey(lane), null])),
    marked: async (_group, asked) => new Map(asked.map((lane) => [laneKey(lane), null])),
    mark: async () => {},
    bounds: async (asked) => new Map(asked.map((lane) => [laneKey(lane), { earliest: 0, latest: 0, end: 0 }])),
    fetcher,
    producer: async () => createForgetfulProducer(written, (p) => void committed.set(laneKey(p), p.offset)),
    async [Symbol.asyncDispose]() {
      // nothing is open
    },
  };
  return {
    log,
    written,
    async give(records) {
      turnsWanted += Math.ceil(records / turnRecords);
      while (sumOf(committed) < turnsWanted * turnRecords) await sleep(IDLE_MS);
    },
  };
}

function createForgetfulProducer(written: { bytes: number; records: number }, onCommit: (position: Position) => void): Producer {
  const free: BatchEncoder[] = [];
  const begin = (): Transaction => {
    const open = new Map<string, BatchEncoder>();
    const finish = (encoder: BatchEncoder): void => {
      written.bytes += encoder.finish({ transactional: true, producerId: 1, producerEpoch: 1, baseSequence: 0 }).length;
      written.records += encoder.count;
      encoder.reset();
      free.push(encoder);
    };
    const transaction: Transaction & { bytes: number } = {
      bytes: 0,
      write(lane, batch, rows = null) {
        const total = rows?.length ?? batch.count;
        for (let next = 0; next < total;) {
          const encoder = open.get(laneKey(lane)) ?? free.pop() ?? new BatchEncoder();
          open.set(laneKey(lane), encoder);
          const before = encoder.bytes;
          next = encoder.add(batch, rows, next, Date.now());
          transaction.bytes += encoder.bytes - before;
          if (next === total) return;
          finish(encoder);
          open.delete(laneKey(lane));
        }
      },
      flush: async () => new Map(),
      async commit(offsets) {
        for (const encoder of open.values()) finish(encoder);
        offsets?.positions.forEach(onCommit);
      },
      async abort() {
        open.clear();
      },
    };
    return transaction;
  };
  return {
    init: async () => undefined,
    begin,
    async [Symbol.asyncDispose]() {
      // nothing is open
    },
  };
}
