import { RetriableError, type Lane } from "@weir/record";
import { setTimeout as sleep } from "node:timers/promises";
import type { Link, TopicInfo } from "../connection/index.ts";
import type { BatchEncoder } from "../record-batch/index.ts";
import { knownError, Produce } from "../wire/index.ts";
import type { EncoderPool } from "./encoder-pool.ts";
import type { TransactionalId } from "./transactional-id.ts";

/** One finished RecordBatch on its way to its lane. */
export interface Parcel {
  readonly lane: Lane;
  readonly key: string;
  readonly records: Buffer;
  readonly encoder: BatchEncoder;
  /** All in-sync replicas have it, from this offset on. */
  stored(first: number): void;
}

/** What the outbox has to know of a transaction. */
export interface Sender {
  readonly id: TransactionalId;
  /** Nothing of it may be sent any more. */
  isOver(): boolean;
  /** The broker may know of the transaction from now on. */
  opened(): void;
}

/** One call of `send`: settles when all of its batches are acknowledged. */
interface Ticket {
  left: number;
  resolve(): void;
  reject(error: unknown): void;
}

interface Entry {
  readonly sender: Sender;
  readonly parcel: Parcel;
  readonly ticket: Ticket;
}

/** Why a batch was not sent: its own transaction had ended before. */
export const ABORTED = "ABORTED";

/** Bytes of one Produce request, as long as it takes more than one batch. */
const REQUEST_BYTES = 8 * 1024 * 1024;
const PRODUCE_MS = 10_000;
const BUSY_MS = 20_000;
const BUSY_PAUSE_MS = 1;
/** CONCURRENT_TRANSACTIONS; NOT_ENOUGH_REPLICAS is what leaders say while the transaction coordinator is on the move. */
const BUSY = [51, 19];

/**
 * One queue for all transactions of a producer, and one connection per broker: batches reach a lane in the order in which
 * they were written, whichever transaction they belong to. The first request of a transaction must have been accepted
 * before anything behind it is sent, because it alone may be refused and repeated; all others are sent without waiting.
 */
export class Outbox {
  readonly #link: Link;
  readonly #pool: EncoderPool;
  #queue: Entry[] = [];
  #draining = false;
  readonly #accepted = new WeakSet<Sender>();
  readonly #added = new WeakMap<Sender, Set<string>>();

  constructor(link: Link, pool: EncoderPool) {
    this.#link = link;
    this.#pool = pool;
  }

  /** Resolves when the leaders have acknowledged all of them. */
  send(sender: Sender, parcels: readonly Parcel[]): Promise<void> {
    if (parcels.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const ticket = { left: parcels.length, resolve, reject };
      for (const parcel of parcels) this.#queue.push({ sender, parcel, ticket });
      if (!this.#draining) void this.#drain();
    });
  }

  clear(error: Error): void {
    for (const entry of this.#queue) entry.ticket.reject(error);
    this.#queue = [];
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const entries = this.#takeRequest(next.sender);
      try {
        if (next.sender.isOver()) throw new RetriableError(ABORTED, `the transaction of ${next.sender.id.name} is over`);
        await this.#deliver(next.sender, entries);
      } catch (error) {
        for (const entry of entries) entry.ticket.reject(error);
        this.#lookAgain(entries, error);
      }
    }
    this.#draining = false;
  }

  /** A leader that is gone refuses nothing: the next attempt must not go by what we knew of it. */
  #lookAgain(entries: readonly Entry[], error: unknown): void {
    if (error instanceof RetriableError && error.code !== ABORTED) void this.#topicsOf(entries, true).catch(() => undefined);
  }

  /** From the front of the queue: batches of one transaction, one a lane. */
  #takeRequest(sender: Sender): Entry[] {
    const lanes = new Set<string>();
    const entries: Entry[] = [];
    let bytes = 0;
    for (const entry of this.#queue) {
      bytes += entry.parcel.records.length;
      if (entry.sender !== sender || lanes.has(entry.parcel.key) || (entries.length > 0 && bytes > REQUEST_BYTES)) break;
      lanes.add(entry.parcel.key);
      entries.push(entry);
    }
    this.#queue.splice(0, entries.length);
    return entries;
  }

  /** Settles when the requests are on their way, the first one of a transaction when it was accepted. */
  async #deliver(sender: Sender, entries: readonly Entry[]): Promise<void> {
    if (sender.id.isAtomic && !sender.id.v2) await this.#addPartitions(sender, entries);
    const left = this.#accepted.has(sender) ? entries : await this.#firstRequest(sender, entries);
    this.#accepted.add(sender);
    for (const [leader, group] of groupByLeader(left, await this.#topicsOf(left))) await this.#furtherRequest(sender, leader, group);
  }

  #topicsOf(entries: readonly Entry[], fresh = false): Promise<ReadonlyMap<string, TopicInfo>> {
    return this.#link.topics([...new Set(entries.map((e) => e.parcel.lane.topic))], { fresh });
  }

  async #furtherRequest(sender: Sender, leader: number, group: readonly Entry[]): Promise<void> {
    const socket = await this.#link.socket(leader, "produce");
    this.#request(sender, socket, group).then(
      (refused) => {
        if (refused.length > 0) void this.#topicsOf(refused, true).catch(() => undefined); // for the next attempt
        for (const entry of refused)
          entry.ticket.reject(
            new RetriableError("REFUSED", `${entry.parcel.key} under ${sender.id.name}: refused after the transaction had begun`),
          );
      },
      (error: unknown) => {
        for (const entry of group) entry.ticket.reject(error);
        this.#lookAgain(group, error);
      },
    );
  }

  /**
   * Sends to one leader until it has taken everything, and gives what is for the others. Nothing is behind it yet: same
   * bytes, same sequences, so repeating what was refused is safe.
   */
  async #firstRequest(sender: Sender, entries: readonly Entry[]): Promise<readonly Entry[]> {
    const until = performance.now() + BUSY_MS;
    let left = entries;
    for (let fresh = false; ; fresh = true) {
      const [first] = groupByLeader(left, await this.#topicsOf(left, fresh));
      if (first === undefined) return [];
      const [leader, group] = first;
      const refused = await this.#request(sender, await this.#link.socket(leader, "produce"), group);
      left = left.filter((entry) => !group.includes(entry) || refused.includes(entry));
      if (refused.length === 0) return left;
      if (sender.isOver()) throw new RetriableError(ABORTED, `the transaction of ${sender.id.name} is over`);
      if (performance.now() > until)
        throw new RetriableError("CONCURRENT_TRANSACTIONS", `produce under ${sender.id.name}: refused for ${BUSY_MS} ms`);
      await sleep(BUSY_PAUSE_MS);
    }
  }

  /** Gives the entries that were refused but may be accepted later; any other error is thrown. */
  async #request(sender: Sender, socket: Awaited<ReturnType<Link["socket"]>>, entries: readonly Entry[]): Promise<readonly Entry[]> {
    const { id } = sender;
    const answer = await this.#link.call(
      socket,
      Produce,
      {
        transactionalId: id.isAtomic ? id.name : null,
        acks: -1,
        timeoutMs: PRODUCE_MS,
        topics: byTopic(entries),
      },
      id.v2 ? {} : { version: 11 },
    );
    const left = new Map(entries.map((e) => [e.parcel.key, e]));
    const refused: Entry[] = [];
    for (const topic of answer.topics) {
      for (const partition of topic.partitions) {
        const key = `${topic.name}/${partition.partition}`;
        const entry = left.get(key);
        if (entry === undefined) continue;
        left.delete(key);
        if (BUSY.includes(partition.error) || knownError(partition.error).kind === "refresh") refused.push(entry);
        else if (partition.error !== 0) {
          throw id.failure(
            partition.error,
            `produce to ${key} under ${id.name}${partition.message === null ? "" : ` (${partition.message})`}`,
          );
        } else {
          sender.opened();
          entry.parcel.stored(partition.offset);
          this.#pool.give(entry.parcel.encoder);
          if (--entry.ticket.left === 0) entry.ticket.resolve();
        }
      }
    }
    if (left.size > 0) throw new RetriableError("MISSING_ANSWER", `produce under ${id.name}: no answer for ${[...left.keys()].join(", ")}`);
    return refused;
  }

  async #addPartitions(sender: Sender, entries: readonly Entry[]): Promise<void> {
    const added = this.#added.get(sender) ?? new Set();
    this.#added.set(sender, added);
    const missing = entries.filter((e) => !added.has(e.parcel.key));
    if (missing.length === 0) return;
    sender.opened();
    await sender.id.addPartitions(byTopic(missing).map((t) => ({ name: t.name, partitions: t.partitions.map((p) => p.partition) })));
    for (const entry of missing) added.add(entry.parcel.key);
  }
}

function groupByLeader(entries: readonly Entry[], topics: ReadonlyMap<string, TopicInfo>): Map<number, Entry[]> {
  const groups = new Map<number, Entry[]>();
  for (const entry of entries) {
    const { parcel } = entry;
    const leader = topics.get(parcel.lane.topic)?.leaders[parcel.lane.partition];
    if (leader === undefined) throw new RetriableError("UNKNOWN_TOPIC_OR_PARTITION", `there is no ${parcel.key}`);
    if (leader < 0) throw new RetriableError("LEADER_NOT_AVAILABLE", `${parcel.key} has no leader`);
    const group = groups.get(leader);
    if (group) group.push(entry);
    else groups.set(leader, [entry]);
  }
  return groups;
}

function byTopic(entries: readonly Entry[]): { name: string; partitions: { partition: number; records: Buffer }[] }[] {
  const topics = new Map<string, { partition: number; records: Buffer }[]>();
  for (const {
    parcel: { lane, records },
  } of entries) {
    const list = topics.get(lane.topic);
    const part = { partition: lane.partition, records };
    if (list) list.push(part);
    else topics.set(lane.topic, [part]);
  }
  return [...topics].map(([name, partitions]) => ({ name, partitions }));
}
