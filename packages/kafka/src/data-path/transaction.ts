import { laneKey, RetriableError, type Batch, type Lane } from "@weir/record";
import type { CommitOffsets, Membership, OffsetRun, Position, Transaction } from "@weir/stream";
import type { BatchEncoder } from "../record-batch/index.ts";
import type { EncoderPool } from "./encoder-pool.ts";
import { ABORTED, type Outbox, type Parcel, type Sender } from "./outbox.ts";
import type { TopicPartitions, TransactionalId } from "./transactional-id.ts";

/** What a transaction needs of its producer. */
export interface TransactionHome {
  readonly id: TransactionalId;
  readonly outbox: Outbox;
  readonly pool: EncoderPool;
  /** The commit that was asked for last: rejected if it failed. */
  previousCommit(): Promise<void>;
  /** This commit is now the last one. */
  follow(commit: Promise<void>): void;
  /** Nobody knows what happened: only `init` helps. */
  fail(error: Error): void;
  /** The id may be used again. */
  finished(): void;
  /** What made the producer unusable since the transaction began. */
  failure(): Error | null;
}

interface OpenBatch {
  readonly key: string;
  readonly lane: Lane;
  encoder: BatchEncoder;
}

/** The member's epoch moved while the request was under way; with the new one it may go through. */
const STALE_EPOCH: ReadonlySet<string> = new Set(["STALE_MEMBER_EPOCH", "ILLEGAL_GENERATION"]);

/**
 * One transaction under one transactional id; under one that is not atomic only what is sent before the offsets are. Encodes at once,
 * sends full batches in the background.
 */
export class KafkaTransaction implements Transaction, Sender {
  readonly id: TransactionalId;
  bytes = 0;
  readonly #home: TransactionHome;
  readonly #batches = new Map<string, OpenBatch>();
  readonly #sending: Promise<void>[] = [];
  readonly #stored = new Map<string, OffsetRun[]>();
  #state: "writing" | "committing" | "over" = "writing";
  #isOpened = false;

  constructor(home: TransactionHome) {
    this.#home = home;
    this.id = home.id;
  }

  isOver(): boolean {
    return this.#state === "over" || this.#home.failure() !== null;
  }

  opened(): void {
    if (!this.#isOpened) this.id.started();
    this.#isOpened = true;
  }

  write(lane: Lane, batch: Batch, rows: Int32Array | null = null, options: { readonly keepTimestamps?: boolean } = {}): void {
    if (this.#state !== "writing") throw new Error("a committed or aborted transaction takes no records");
    if (this.isOver()) return; // its commit will tell why
    const key = laneKey(lane);
    let open = this.#batches.get(key);
    if (open === undefined) {
      open = { key, lane: { topic: lane.topic, partition: lane.partition }, encoder: this.#home.pool.take(key) };
      this.#batches.set(key, open);
    }
    const total = rows === null ? batch.count : rows.length;
    const now = options.keepTimestamps ? null : Date.now();
    for (let next = 0; next < total;) {
      const before = open.encoder.bytes;
      next = open.encoder.add(batch, rows, next, now);
      this.bytes += open.encoder.bytes - before;
      if (next === total) return;
      this.#send([this.#seal(open)]);
      open.encoder = this.#home.pool.take(key);
    }
  }

  async flush(): Promise<ReadonlyMap<string, readonly OffsetRun[]>> {
    if (this.#state !== "writing") throw new Error("a committed or aborted transaction takes no records");
    this.#flush();
    await Promise.all(this.#sending);
    this.#refuseAfterFailure();
    return this.#stored;
  }

  commit(offsets: CommitOffsets | null): Promise<void> {
    if (this.#state !== "writing") throw new Error("a transaction ends once");
    this.#state = "committing";
    const commit = this.#commit(offsets, this.#home.previousCommit());
    this.#home.follow(commit);
    return commit;
  }

  async #commit(offsets: CommitOffsets | null, previous: Promise<void>): Promise<void> {
    try {
      this.#flush();
      await Promise.all(this.#sending);
      this.#refuseAfterFailure();
      if (!this.id.isAtomic) await previous; // offsets take effect at once: everything before them must be there
      if (offsets !== null && offsets.positions.length > 0) await this.#commitOffsets(offsets);
      await previous; // only the end has to wait: offsets take effect with it
      if (offsets !== null) refuseOtherIncarnation(offsets);
      this.#refuseAfterFailure(); // after an `init` meanwhile the id carries another transaction
      if (this.#isOpened) await this.id.end(true);
      this.#home.finished();
    } catch (error) {
      this.#home.fail(asError(error));
      throw error;
    } finally {
      this.#state = "over";
    }
  }

  async abort(): Promise<void> {
    if (this.#state === "over") return;
    if (this.#state === "committing") throw new Error("a transaction whose commit was asked for cannot be aborted");
    this.#state = this.id.isAtomic ? "over" : "committing"; // not sending what is numbered would leave a gap in the sequences
    for (const open of this.#batches.values()) this.#home.pool.give(open.encoder);
    this.#batches.clear();
    if (this.#home.failure() !== null) return; // `init` ends it
    const results = await Promise.allSettled(this.#sending);
    this.#state = "over";
    try {
      for (const result of results) if (result.status === "rejected" && !isOwnAbort(result.reason)) throw result.reason;
      this.#refuseAfterFailure();
      await this.id.abort(this.#isOpened);
      this.#home.finished();
    } catch (error) {
      this.#home.fail(asError(error));
      throw error;
    }
  }

  #refuseAfterFailure(): void {
    const failure = this.#home.failure();
    if (failure !== null) throw failure;
  }

  #flush(): void {
    const open = [...this.#batches.values()].filter((b) => b.encoder.count > 0);
    this.#send(open.map((b) => this.#seal(b)));
    this.#batches.clear();
  }

  #seal({ key, lane, encoder }: OpenBatch): Parcel {
    const { count } = encoder;
    this.#home.pool.finished(key, encoder);
    const baseSequence = this.id.nextSequence(key, count);
    const { producerId, producerEpoch, isAtomic } = this.id;
    const records = encoder.finish({ transactional: isAtomic, producerId, producerEpoch, baseSequence });
    const runs = this.#stored.get(key) ?? [];
    this.#stored.set(key, runs);
    const place = runs.push({ first: -1, count }) - 1; // batches of a lane are acknowledged in any order
    return { lane, key, records, encoder, stored: (first) => (runs[place] = { first, count }) };
  }

  #send(parcels: readonly Parcel[]): void {
    const sent = this.#home.outbox.send(this, parcels);
    sent.catch((error: unknown) => {
      if (this.#state !== "over") this.#home.fail(asError(error));
    });
    this.#sending.push(sent);
  }

  async #commitOffsets(offsets: CommitOffsets): Promise<void> {
    refuseOtherIncarnation(offsets);
    refuseLanesOfOthers(offsets);
    const { membership } = offsets;
    const topics = positionsByTopic(offsets.positions);
    this.opened();
    try {
      await this.id.commitOffsets(credentials(membership), topics);
    } catch (error) {
      if (!(error instanceof RetriableError) || !STALE_EPOCH.has(error.code)) throw error;
      await membership.refresh();
      refuseOtherIncarnation(offsets);
      refuseLanesOfOthers(offsets);
      await this.id.commitOffsets(credentials(membership), topics);
    }
  }
}

function isOwnAbort(reason: unknown): boolean {
  return reason instanceof RetriableError && reason.code === ABORTED;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function credentials(membership: Membership): { group: string; memberId: string; epoch: number } {
  if (membership.memberId === "") throw new Error("an empty member id would be accepted from anybody");
  return { group: membership.group, memberId: membership.memberId, epoch: membership.epoch };
}

/** What was read in an earlier life of the membership has been given to somebody else meanwhile, whatever the epoch says. */
function refuseOtherIncarnation({ membership, incarnation }: CommitOffsets): void {
  if (membership.incarnation === incarnation) return;
  throw new RetriableError("OTHER_INCARNATION", `group ${membership.group} forgot this member while its transaction was open`);
}

/** The broker fences by epoch only: it would take the offsets of a lane that is no longer ours. */
function refuseLanesOfOthers({ membership, positions }: CommitOffsets): void {
  const owned = new Set(membership.owned().map(laneKey));
  const foreign = positions.find((p) => !owned.has(laneKey(p)));
  if (foreign) throw new RetriableError("NOT_OWNED", `${laneKey(foreign)} is no longer owned by this member of ${membership.group}`);
}

function positionsByTopic(positions: readonly Position[]): TopicPartitions<{ partition: number; offset: number }>[] {
  const topics = new Map<string, { partition: number; offset: number }[]>();
  for (const { topic, partition, offset } of positions) {
    const list = topics.get(topic);
    if (list) list.push({ partition, offset });
    else topics.set(topic, [{ partition, offset }]);
  }
  return [...topics].map(([name, partitions]) => ({ name, partitions }));
}
