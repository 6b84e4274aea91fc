import { allRows, laneKey, recordAt, RetriableError, type Lane, type PlainRecord } from "@weir/record";
import { RecordTooLarge, type CommitOffsets, type OffsetRun, type Transaction } from "../log.ts";
import { replacedBy } from "./group.ts";
import { sizeOf, type Fate } from "./partition-log.ts";
import type { ProducerHome } from "./producer.ts";

/** What a transaction needs of its producer. */
export interface TransactionHome extends ProducerHome {
  /** Else its records count from the moment at which they are written, and its offsets from that at which they are sent. */
  readonly isAtomic: boolean;
  readonly id: string;
  readonly epoch: number;
  readonly timeoutMs: number;
  previousCommit(): Promise<void>;
  follow(commit: Promise<void>): void;
  fail(error: Error): void;
  finished(): void;
  failure(): Error | null;
}

export function createTransaction(home: TransactionHome): Transaction {
  const fate: Fate = { state: home.isAtomic ? "open" : "committed" };
  const lanes = new Map<string, Lane>();
  let state: "writing" | "committing" | "over" = "writing";
  const written = new Map<string, OffsetRun[]>();
  let bytes = 0;
  let groupOfOffsets: string | null = null;
  let stopTimer: (() => void) | null = null;

  const end = (outcome: "committed" | "aborted"): void => {
    if (fate.state !== "open") return;
    fate.state = outcome;
    stopTimer?.();
    for (const lane of lanes.values()) home.topics.at(lane).mark(fate);
    if (groupOfOffsets !== null) home.group(groupOfOffsets).finish(fate);
    home.topics.changed();
  };
  /** As in the broker: a transaction that is open for too long is aborted by itself. */
  const open = (): void => {
    if (stopTimer !== null) return;
    refuseFenced(home);
    if (!home.isAtomic) return;
    home.ids.opened(home.id, () => end("aborted"));
    stopTimer = home.clock.every(home.timeoutMs, () => {
      home.fail(new RetriableError("TRANSACTION_TIMED_OUT", `${home.id}: the transaction was open for more than ${home.timeoutMs} ms`));
      end("aborted");
    });
  };
  const refuse = (): void => {
    const failure = home.failure();
    if (failure !== null) throw failure;
    refuseFenced(home);
  };
  const stage = ({ membership, incarnation, positions }: CommitOffsets): void => {
    if (membership.incarnation !== incarnation) {
      throw new RetriableError("OTHER_INCARNATION", `group ${membership.group} forgot this member while its transaction was open`);
    }
    const owned = new Set(membership.owned().map(laneKey));
    const foreign = positions.find((p) => !owned.has(laneKey(p)));
    if (foreign) throw new RetriableError("NOT_OWNED", `${laneKey(foreign)} is no longer owned by this member of ${membership.group}`);
    open();
    home.group(membership.group).checkCommit(membership.memberId, membership.epoch);
    home.group(membership.group).stage(positions, fate);
    if (home.isAtomic) groupOfOffsets = membership.group;
    else home.group(membership.group).finish(fate);
  };
  const commit = async (offsets: CommitOffsets | null, previous: Promise<void>): Promise<void> => {
    try {
      await previous;
      if (!home.isAtomic) await home.gate();
      refuse();
      if (offsets !== null && offsets.positions.length > 0) stage(offsets);
      if (home.isAtomic) await home.gate();
      refuse();
      end("committed");
      home.ids.ended(home.id);
      home.finished();
    } catch (error) {
      home.fail(error instanceof Error ? error : new Error(String(error)));
      throw error;
    } finally {
      state = "over";
    }
  };
  return {
    get bytes() {
      return bytes;
    },
    write(lane, batch, rows = null, options = {}) {
      if (state !== "writing") throw new Error("a committed or aborted transaction takes no records");
      if (home.failure() !== null) return; // its commit will tell why
      const log = home.topics.find(lane);
      if (log === undefined) return home.fail(new RetriableError("UNKNOWN_TOPIC_OR_PARTITION", `there is no ${laneKey(lane)}`));
      try {
        open();
      } catch (error) {
        return home.fail(error instanceof Error ? error : new Error(String(error)));
      }
      const now = home.clock.now();
      for (const row of rows ?? allRows(batch.count)) {
        const record = copyOf(recordAt(batch, row), options.keepTimestamps ? null : now);
        const size = sizeOf(record);
        if (size > home.maxRecordBytes) throw new RecordTooLarge(row, size, home.maxRecordBytes);
        bytes += size;
        noteOffset(written, laneKey(lane), log.end);
        log.append(record, fate);
        lanes.set(laneKey(lane), { topic: lane.topic, partition: lane.partition });
      }
      home.topics.changed();
    },
    async flush() {
      refuse();
      return written;
    },
    commit(offsets) {
      if (state !== "writing") throw new Error("a transaction ends once");
      state = "committing";
      const committing = commit(offsets, home.previousCommit());
      home.follow(committing);
      return committing;
    },
    async abort() {
      if (state === "over") return;
      if (state === "committing") throw new Error("a transaction whose commit was asked for cannot be aborted");
      state = "over";
      if (home.failure() !== null) return; // `init` ends it
      end("aborted");
      home.ids.ended(home.id);
      home.finished();
    },
  };
}

function refuseFenced({ ids, id, epoch }: TransactionHome): void {
  if (!ids.isCurrent(id, epoch)) throw replacedBy(`${id} was initialised by another producer`);
}

function noteOffset(written: Map<string, OffsetRun[]>, key: string, offset: number): void {
  const runs = written.get(key) ?? [];
  const last = runs.at(-1);
  if (last !== undefined && last.first + last.count === offset) runs[runs.length - 1] = { first: last.first, count: last.count + 1 };
  else runs.push({ first: offset, count: 1 });
  written.set(key, runs);
}

/** The caller may use its buffers again. */
function copyOf(record: PlainRecord, now: number | null): Omit<PlainRecord, "offset"> {
  return {
    key: record.key?.slice() ?? null,
    value: record.value?.slice() ?? null,
    headers: record.headers.map((h) => ({ key: h.key, value: h.value?.slice() ?? null })),
    timestamp: now ?? record.timestamp,
  };
}
