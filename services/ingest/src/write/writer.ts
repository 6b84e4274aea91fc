import { batchOf, laneKey, type Lane } from "@weir/record";
import { isReplaced, type Clock, type Log, type OffsetRun, type Producer, type Transaction } from "@weir/stream";
import type { Placed } from "./placing.ts";

/** Where a record lies. */
export interface Placement {
  readonly partition: number;
  readonly offset: number;
}

/** A record of our own that becomes visible with those of a submission. */
export interface Note {
  readonly lane: Lane;
  readonly key: string;
  readonly value: string;
}

/** Records that become visible together, in their order per partition. */
export interface Submission {
  readonly records: readonly Placed[];
  /** Made once it is known where the records went; written in the same transaction. */
  readonly note: ((placements: readonly Placement[]) => Note) | null;
}

export interface WriterOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly topic: string;
  readonly transactionalId: string;
  readonly transactionTimeoutMs: number;
  /** Runs whenever the producer has been initialised: what was in doubt is settled now. */
  readonly onSettled: () => Promise<void>;
  readonly onCommitted: (written: { readonly records: number; readonly ms: number }) => void;
  readonly onFailed: (error: unknown) => void;
}

/** The log took a submission, or did not, or nobody knows. */
export class NotWritten extends Error {
  /** False: nothing of it can become visible. */
  readonly mayBeThere: boolean;
  constructor(mayBeThere: boolean, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "NotWritten";
    this.mayBeThere = mayBeThere;
  }
}

export interface Writer extends AsyncDisposable {
  /** Resolves when all in-sync replicas have the records and the transaction is committed. @throws {NotWritten} */
  submit(submission: Submission): Promise<readonly Placement[]>;
  /** Why it cannot write at this moment; null when it can. */
  notReady(): string | null;
  readonly queuedRecords: number;
  /** As measured: how long what waits will take. */
  secondsUntilFree(): number;
  /** Rejects when another process took this writer's place. */
  readonly done: Promise<void>;
}

interface Waiting extends Submission {
  readonly bytes: number;
  readonly since: number;
  resolve(placements: readonly Placement[]): void;
  reject(error: NotWritten): void;
}

/** One transaction takes what waits, up to this. */
const GROUP_BYTES = 8 * 1_048_576;
const GROUP_RECORDS = 20_000;
/** A transaction is filled while this many are being committed. */
const COMMITS_UNDER_WAY = 2;
/** What waits longer is given back: nothing of it was written. */
const WAIT_MS = 10_000;
const BACKOFF_MIN_MS = 50;
const BACKOFF_MAX_MS = 2000;

/** Writes what many requests submit, those that come at the same time in one transaction. */
export function createWriter(options: WriterOptions): Writer {
  return new GroupWriter(options);
}

class GroupWriter implements Writer {
  readonly done: Promise<void>;
  readonly #options: WriterOptions;
  #queue: Waiting[] = [];
  #queuedBytes = 0;
  queuedRecords = 0;
  #producer: Producer | null = null;
  #broken: string | null = "not connected yet";
  readonly #commits = new Set<Promise<void>>();
  #isClosing = false;
  #wake: () => void = () => {};
  /** Bytes a second, as lately committed. */
  #rate = 0;
  #committedAt: number;
  readonly #stopLooking: () => void;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#committedAt = options.clock.monotonic();
    this.#stopLooking = options.clock.every(WAIT_MS / 40, () => this.#giveBack());
    this.done = this.#runToTheEnd();
    this.done.catch(() => {}); // whoever runs the service awaits it
  }

  notReady(): string | null {
    return this.#broken;
  }

  secondsUntilFree(): number {
    return this.#rate > 0 ? this.#queuedBytes / this.#rate : 2;
  }

  submit(submission: Submission): Promise<readonly Placement[]> {
    if (this.#isClosing) return Promise.reject(new NotWritten(false, "the service stops"));
    const bytes = submission.records.reduce((sum, r) => sum + r.bytes, 0);
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...submission, bytes, since: this.#options.clock.monotonic(), resolve, reject });
      this.#queuedBytes += bytes;
      this.queuedRecords += submission.records.length;
      this.#wake();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    this.#wake();
    await this.done.catch(() => {});
  }

  async #runToTheEnd(): Promise<void> {
    try {
      await this.#run();
    } finally {
      await this.#end();
    }
  }

  async #run(): Promise<void> {
    while (!this.#isClosing || this.#queue.length > 0) {
      if (this.#broken !== null) {
        if (this.#isClosing) return;
        await this.#recover();
      } else if (this.#queue.length === 0) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
      } else if (this.#commits.size >= COMMITS_UNDER_WAY) {
        await Promise.race(this.#commits);
      } else {
        await this.#write(this.#take());
      }
    }
    await Promise.all(this.#commits);
  }

  async #end(): Promise<void> {
    this.#isClosing = true;
    this.#stopLooking();
    for (const waiting of this.#queue.splice(0)) waiting.reject(new NotWritten(false, "the service stops"));
    await this.#producer?.[Symbol.asyncDispose]();
  }

  #take(): Waiting[] {
    let [bytes, records, count] = [0, 0, 0];
    for (const waiting of this.#queue) {
      bytes += waiting.bytes;
      records += waiting.records.length;
      if (count > 0 && (bytes > GROUP_BYTES || records > GROUP_RECORDS)) break;
      count++;
    }
    const group = this.#queue.splice(0, count);
    this.#uncount(group);
    return group;
  }

  #uncount(group: readonly Waiting[]): void {
    for (const { bytes, records } of group) {
      this.#queuedBytes -= bytes;
      this.queuedRecords -= records.length;
    }
  }

  /** Resolves when the records are with the leaders; the commit goes on beside the next group. */
  async #write(group: readonly Waiting[]): Promise<void> {
    const startedAt = this.#options.clock.monotonic();
    try {
      if (this.#producer === null) throw new Error("a writer that is not broken has a producer");
      const transaction = this.#producer.begin();
      const placements = await this.#writeRecords(transaction, group);
      for (const [i, { note }] of group.entries()) if (note) writeNote(transaction, note(placements[i]!)); // parallel
      const commit = transaction.commit(null).then(
        () => this.#committed(group, placements, startedAt),
        (error: unknown) => this.#failed(group, error),
      );
      this.#commits.add(commit);
      void commit.finally(() => this.#commits.delete(commit));
    } catch (error) {
      this.#failed(group, error);
    }
  }

  async #writeRecords(transaction: Transaction, group: readonly Waiting[]): Promise<readonly (readonly Placement[])[]> {
    const { topic } = this.#options;
    const lanes = new Map<number, Placed["record"][]>();
    for (const { records } of group) {
      for (const { partition, record } of records) {
        const list = lanes.get(partition);
        if (list) list.push(record);
        else lanes.set(partition, [record]);
      }
    }
    for (const [partition, records] of lanes) transaction.write({ topic, partition }, batchOf({ topic, partition }, records));
    const runs = await transaction.flush();
    const offsets = new Map([...lanes.keys()].map((partition) => [partition, offsetsOf(runs.get(laneKey({ topic, partition })) ?? [])]));
    return group.map(({ records }) =>
      records.map(({ partition }) => {
        const next = offsets.get(partition)?.next();
        if (next === undefined || next.done === true) throw new Error(`the log told too few offsets of ${topic}-${partition}`);
        return { partition, offset: next.value };
      }),
    );
  }

  #committed(group: readonly Waiting[], placements: readonly (readonly Placement[])[], startedAt: number): void {
    const now = this.#options.clock.monotonic();
    const bytes = group.reduce((sum, w) => sum + w.bytes, 0);
    const lately = (bytes * 1000) / Math.max(1, now - Math.max(this.#committedAt, startedAt));
    this.#rate = this.#rate === 0 ? lately : 0.9 * this.#rate + 0.1 * lately;
    this.#committedAt = now;
    group.forEach((waiting, i) => waiting.resolve(placements[i]!)); // parallel
    this.#options.onCommitted({ records: group.reduce((sum, w) => sum + w.records.length, 0), ms: now - startedAt });
  }

  #failed(group: readonly Waiting[], error: unknown): void {
    this.#broken ??= error instanceof Error ? error.message : String(error);
    if (isReplaced(error)) this.#isClosing = true;
    for (const waiting of group) waiting.reject(new NotWritten(true, error));
    this.#options.onFailed(error);
  }

  /** Until the log answers again: ends what was open, learns what of it was committed. */
  async #recover(): Promise<void> {
    await Promise.all(this.#commits);
    const { log, clock, transactionalId, transactionTimeoutMs, onSettled, onFailed } = this.#options;
    for (let pause = BACKOFF_MIN_MS; !this.#isClosing; pause = Math.min(2 * pause, BACKOFF_MAX_MS)) {
      try {
        if (this.#producer === null) this.#producer = await log.producer({ transactionalId, timeoutMs: transactionTimeoutMs });
        else await this.#producer.init();
        await onSettled();
        this.#broken = null;
        return;
      } catch (error) {
        if (isReplaced(error)) throw error;
        this.#broken = error instanceof Error ? error.message : String(error);
        onFailed(error);
        await clock.sleep(pause);
      }
    }
  }

  /** Of what waits for too long nothing was written. */
  #giveBack(): void {
    const before = this.#options.clock.monotonic() - WAIT_MS;
    const late = this.#queue.filter((w) => w.since < before);
    if (late.length === 0) return;
    this.#queue = this.#queue.filter((w) => w.since >= before);
    this.#uncount(late);
    for (const waiting of late) waiting.reject(new NotWritten(false, this.#broken ?? "the log is slow"));
  }
}

function* offsetsOf(runs: readonly OffsetRun[]): Generator<number> {
  for (const { first, count } of runs) for (let i = 0; i < count; i++) yield first + i;
}

function writeNote(transaction: Transaction, { lane, key, value }: Note): void {
  const encoder = new TextEncoder();
  transaction.write(lane, batchOf(lane, [{ key: encoder.encode(key), value: encoder.encode(value) }]));
}
