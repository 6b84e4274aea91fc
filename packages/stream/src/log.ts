import type { Batch, Lane } from "@weir/record";

/**
 * A partitioned log with transactions and groups: Kafka (`@weir/kafka`) or memory (`createMemoryLog`). Both pass one
 * contract suite. Every promise rejects with `RetriableError` when the environment failed and may recover.
 */
export interface Log extends AsyncDisposable {
  /** Number of partitions by topic; topics that do not exist are left out. */
  partitions(topics: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Creates what is missing; leaves the others as they are. */
  createTopics(topics: readonly TopicSpec[]): Promise<void>;
  join(options: GroupOptions, listener: GroupListener): Promise<Membership>;
  /**
   * Committed offsets of the lanes, null where there is none. Waits until no transaction that could move them is open
   * (`member` null: asks as an outsider).
   */
  committed(group: string, lanes: readonly Lane[], member: Membership | null): Promise<ReadonlyMap<string, number | null>>;
  /** What `mark` left beside the committed offsets, by lane key, null where there is nothing; asked for after `committed`. */
  marked(group: string, lanes: readonly Lane[], member: Membership | null): Promise<ReadonlyMap<string, string | null>>;
  /**
   * Commits these offsets outside of any transaction, each with a text beside it, which the next commit of the lane takes away. To be
   * called with offsets that are committed already, or where none is, by their owner. Refused when the member's epoch is over.
   */
  mark(member: Membership, marks: readonly Mark[]): Promise<void>;
  /** First offset there is and the last stable offset, by lane key. */
  bounds(lanes: readonly Lane[]): Promise<ReadonlyMap<string, Bounds>>;
  fetcher(options?: FetchOptions): Fetcher;
  /** A producer of its own: initialises all its transactional ids, which ends what a predecessor of the same ids left open. */
  producer(options: ProducerOptions): Promise<Producer>;
}

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor?: number;
  readonly configs?: Readonly<Record<string, string>>;
}

export interface Bounds {
  readonly earliest: number;
  /** Last stable offset: everything below is committed or aborted. */
  readonly latest: number;
  /** First offset never written. Lies beyond `latest` while a transaction is open, or is committed and its marker still on its way. */
  readonly end: number;
}

export interface GroupOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** Stable member id of a slot; absent: a fresh one. */
  readonly memberId?: string;
  /** Resolves when it is of no use any more to wait for the group; of no effect once the group knows us. */
  readonly cancelled?: Promise<void>;
}

/** Called one at a time. `onRevoke`'s promise must settle only after the open transaction ended; the group is told afterwards. */
export interface GroupListener {
  onAssign(lanes: readonly Lane[]): void;
  onRevoke(lanes: readonly Lane[]): Promise<void>;
  /** The group forgot us: whatever was read must not be committed. `incarnation` has already moved. */
  onLost(lanes: readonly Lane[]): void;
  /** The membership cannot go on; `replaced` when another process took the slot. */
  onFatal(error: Error, replaced: boolean): void;
}

export interface Membership {
  readonly group: string;
  readonly memberId: string;
  readonly epoch: number;
  /** +1 whenever the group forgot us. */
  readonly incarnation: number;
  owned(): readonly Lane[];
  /** Asks the group now; resolves after the next answer. */
  refresh(): Promise<void>;
  /** Leaves the group, or only stops (`abandon`) when the place belongs to somebody else by now. */
  leave(options?: { readonly abandon?: boolean }): Promise<void>;
}

export interface FetchOptions {
  readonly isolation?: "committed" | "uncommitted";
  readonly maxBytes?: number;
  readonly maxPartitionBytes?: number;
  /**
   * A request that brought fewer records, but some, is followed by a pause before the next is sent, so that what is written
   * meanwhile comes together: many small requests cost more than their records. Nothing that was fetched waits. Absent: no pause.
   */
  readonly pace?: FetchPace;
}

export interface FetchPace {
  readonly fewRecords: number;
  readonly pauseMs: number;
}

export interface Fetcher extends AsyncDisposable {
  /**
   * Committed records from the given positions, at most `waitMs` later, several batches a lane if need be, in log order.
   * A lane that had only markers gives an empty batch whose `nextOffset` moved. A lane whose data is damaged or gone is
   * reported in `failed`, the others go on.
   */
  fetch(positions: readonly Position[], waitMs: number): Promise<Fetched>;
}

export interface Position extends Lane {
  readonly offset: number;
}

export interface Mark extends Position {
  /** At most 4096 bytes, as Kafka's `offset.metadata.max.bytes` has it. */
  readonly text: string;
}

export interface Fetched {
  readonly batches: readonly Batch[];
  readonly failed: readonly LaneFailure[];
  /** Last stable offset by lane key, for lag. */
  readonly ends: ReadonlyMap<string, number>;
  /** End of what was written, by lane key: lies beyond that of `ends` while a transaction is open. */
  readonly writtenTo: ReadonlyMap<string, number>;
}

export interface LaneFailure {
  readonly lane: Lane;
  /** `retry`: ask again after a look at the cluster; `out-of-range`: the offset is gone; `damaged`: the bytes are. */
  readonly kind: "retry" | "out-of-range" | "damaged";
  readonly message: string;
  /** Where what is damaged ends, as far as its bytes tell: first offset that may be readable again. */
  readonly resume?: number;
}

export interface ProducerOptions {
  /** Prefix of the transactional ids; they are used in turn. */
  readonly transactionalId: string;
  /** Number of ids in turn; with transactions v2 an id that is used again at once waits some 20 ms in the broker. */
  readonly rotate?: number;
  readonly timeoutMs?: number;
  /** What `Transaction` promises of records; absent: exactly-once. */
  readonly guarantee?: Guarantee;
  /** Absent: none. */
  readonly compression?: Compression;
}

/**
 * How records lie in the batches of the log. `lz4-stored`: in a frame of LZ4 that compresses nothing, which spares a broker the
 * reading of each record; whoever reads them must know LZ4.
 */
export type Compression = "none" | "lz4-stored";

/**
 * What becomes of records when something fails in between. `exactly-once`: a transaction's records and offsets become visible together,
 * or not at all. `at-least-once`: records are visible when they are written, whatever becomes of the offsets, which are committed
 * when all before them are with all in-sync replicas. So none is lost; from the committed offset on some may be written again, in the
 * same order: of each lane, those that come for the first time are never in another order than that of writing.
 */
export type Guarantee = "exactly-once" | "at-least-once";

export interface Producer extends AsyncDisposable {
  /** Ends whatever is open under any id, committed or not: afterwards committed offsets tell what happened. */
  init(): Promise<void>;
  /** The next id's transaction. At most `rotate` may be open at a time; commits must be asked for in the order of `begin`. */
  begin(): Transaction;
}

/** What is written and committed together, as far as the producer's `Guarantee` goes. */
export interface Transaction {
  /** Bytes written so far. */
  readonly bytes: number;
  /**
   * Adds the rows (all when `rows` is null) with what was added to them; encodes at once, sends in the background. Order per lane is the order of
   * calls. Records get the present time unless `keepTimestamps`.
   */
  write(lane: Lane, batch: Batch, rows?: Int32Array | null, options?: { readonly keepTimestamps?: boolean }): void;
  /**
   * Sends what was written so far and waits until all in-sync replicas have it. Tells where the rows of each lane went, by
   * lane key, in the order of writing; they can be read once the transaction is committed. On an error nothing is known.
   */
  flush(): Promise<ReadonlyMap<string, readonly OffsetRun[]>>;
  /**
   * Sends the offsets under the member's id and epoch, waits for all acknowledgements and commits. On any error nothing
   * is known: `init` the producer, read the committed offsets, start again from there.
   */
  commit(offsets: CommitOffsets | null): Promise<void>;
  /** At least once: only what was not sent yet is dropped. */
  abort(): Promise<void>;
}

/** Rows that lie one after the other: offsets `first`, `first + 1`, … */
export interface OffsetRun {
  readonly first: number;
  readonly count: number;
}

export interface CommitOffsets {
  readonly membership: Membership;
  /** The incarnation under which the transaction began; the commit is refused if it has changed. */
  readonly incarnation: number;
  /** Next offset to read, by lane. */
  readonly positions: readonly Position[];
}

/** A record alone is larger than any topic takes. Thrown by `write`; nothing of the row was written. */
export class RecordTooLarge extends Error {
  readonly row: number;
  constructor(row: number, bytes: number, limit: number) {
    super(`record of ${bytes} bytes, at most ${limit} can be written`);
    this.name = "RecordTooLarge";
    this.row = row;
  }
}
