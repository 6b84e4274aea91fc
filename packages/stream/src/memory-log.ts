import { laneKey, recordAt, type Lane, type PlainRecord } from "@weir/record";
import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";
import { createFetcher, type Damage } from "./memory/fetcher.ts";
import { createGroup, type Group } from "./memory/group.ts";
import type { Fate } from "./memory/partition-log.ts";
import { createProducer } from "./memory/producer.ts";
import { createTopics } from "./memory/topics.ts";
import { createTransactionalIds } from "./memory/transactional-ids.ts";

export interface MemoryLogOptions {
  readonly clock: Clock;
  /** A larger record is refused as `RecordTooLarge`. */
  readonly maxRecordBytes?: number;
}

/** A log in memory, shared by all who hold it, with the faults that tests and dry runs ask for. */
export interface MemoryLog extends Log {
  /** Writes committed records without a transaction of the caller; the log gives the offsets, and the time where there is none. */
  append(lane: Lane, records: readonly Partial<PlainRecord>[]): void;
  /** All committed records of a topic, by partition. */
  read(topic: string): readonly (readonly PlainRecord[])[];
  /** The group forgets a member, as after a session without heartbeats; `silent`: the member learns it when it next asks. */
  forget(group: string, memberId: string, options?: { readonly silent?: boolean }): void;
  /** Commits stop between the offsets and the end of the transaction, or before the offsets where there is none, until the returned function is called. */
  holdCommits(): () => void;
  /** Retention: records below the offset are gone. */
  deleteBelow(lane: Lane, offset: number): void;
  /** From now on the bytes at this offset cannot be read. */
  damage(lane: Lane, offset: number, message: string): void;
}

/** What a broker with Weir's topic settings takes. */
const DEFAULT_RECORD_BYTES = 2 * 1024 * 1024;

export function createMemoryLog(options: MemoryLogOptions): MemoryLog {
  const { clock } = options;
  const topics = createTopics();
  const ids = createTransactionalIds();
  const groups = new Map<string, Group>();
  const damage = new Map<string, Damage>();
  let held: { readonly released: Promise<void> } | null = null;
  let members = 0;
  const group = (name: string): Group => {
    const known = groups.get(name) ?? createGroup(name, topics.partitions);
    groups.set(name, known);
    return known;
  };
  const gate = (): Promise<void> => held?.released ?? Promise.resolve();
  const home = { clock, topics, ids, group, gate, maxRecordBytes: options.maxRecordBytes ?? DEFAULT_RECORD_BYTES };
  return {
    async partitions(names) {
      const known = names.map((name) => [name, topics.partitions(name)] as const);
      return new Map(known.filter((entry): entry is readonly [string, number] => entry[1] !== undefined));
    },
    async createTopics(specs) {
      for (const spec of specs) topics.create(spec);
      for (const g of groups.values()) g.reassign();
    },
    async join(groupOptions, listener) {
      return group(groupOptions.group).join(groupOptions, listener, () => `member-${++members}`);
    },
    async committed(name, lanes, _member) {
      while (!lanes.every((lane) => group(name).isStable(lane))) await topics.news().promise;
      return new Map(lanes.map((lane) => [laneKey(lane), group(name).committed(lane)]));
    },
    async marked(name, lanes, _member) {
      return new Map(lanes.map((lane) => [laneKey(lane), group(name).marked(lane)]));
    },
    async mark({ group: name, memberId, epoch }, marks) {
      group(name).checkCommit(memberId, epoch);
      group(name).mark(marks);
    },
    async bounds(lanes) {
      return new Map(
        lanes.map((lane) => [
          laneKey(lane),
          { earliest: topics.at(lane).start, latest: topics.at(lane).stable(), end: topics.at(lane).end },
        ]),
      );
    },
    fetcher: (fetchOptions = {}) => createFetcher({ clock, topics, damage }, fetchOptions),
    producer: async (producerOptions) => createProducer(home, producerOptions),
    append(lane, records) {
      const fate: Fate = { state: "committed" };
      for (const { key = null, value = null, headers = [], timestamp = clock.now() } of records)
        topics.at(lane).append({ key, value, headers, timestamp }, fate);
      topics.changed();
    },
    read(topic) {
      return Array.from({ length: topics.partitions(topic) ?? 0 }, (_, partition) => {
        const log = topics.at({ topic, partition });
        const batch = log.read(log.start, true, Infinity);
        return batch === null ? [] : Array.from({ length: batch.count }, (_row, row) => recordAt(batch, row));
      });
    },
    forget: (name, memberId, { silent = false } = {}) => group(name).forget(memberId, silent),
    holdCommits() {
      let release: () => void = () => undefined;
      const mine = { released: new Promise<void>((resolve) => (release = resolve)) };
      held = mine;
      return () => {
        if (held === mine) held = null;
        release();
      };
    },
    deleteBelow: (lane, offset) => topics.at(lane).deleteBelow(offset),
    damage: (lane, offset, message) => void damage.set(laneKey(lane), { offset, message }),
    async [Symbol.asyncDispose]() {
      // Nothing to give back: the log belongs to whoever created it, and ends with the last reference.
    },
  };
}
