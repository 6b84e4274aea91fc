import type { LedgerEntry, Letter, OutcomesEntry, RecordOutcome } from "@weir/deadletter";
import type { Topology } from "@weir/pipeline";
import { batchOf, RetriableError, type Lane, type PlainRecord } from "@weir/record";
import { writeLeftOutNote, type Clock, type LeftOut, type Log, type Producer, type Transaction } from "@weir/stream";
import { writeLedger, type LedgerReader } from "./ledger-topic.ts";

/** What one letter becomes: an outcome, and perhaps a record. */
export interface Act {
  readonly letter: Letter;
  readonly outcome: RecordOutcome;
  readonly send: { readonly lane: Lane; readonly record: Partial<PlainRecord> } | null;
  /** What its stage is told, where it does not come back there. */
  readonly leftOut?: LeftOut;
}

/** One producer under the run's own id: whoever opens it last is the run, everybody before is refused. */
export interface Sender extends AsyncDisposable {
  /** Everything in one transaction: records, outcomes, entries. Once, whatever the broker does; waits while it is away. */
  commit(acts: readonly Act[], entries: readonly LedgerEntry[], more?: (transaction: Transaction) => void): Promise<void>;
}

export interface SenderOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly run: string;
  readonly topology: Pick<Topology, "replays" | "control">;
  readonly ledger: LedgerReader;
  /** The broker was asked again. */
  readonly onRetry: (why: string) => void;
}

const BACKOFF_MS = 300;
/** Outcomes of one record of the ledger. */
const MAX_OUTCOMES = 500;

export async function openSender(options: SenderOptions): Promise<Sender> {
  const { log, clock, run, topology, ledger, onRetry } = options;
  const producer: Producer = await log.producer({ transactionalId: `weir-replay-${run}`, rotate: 1 });
  await ledger.refresh();
  const attempt = async (
    acts: readonly Act[],
    entries: readonly LedgerEntry[],
    more?: (transaction: Transaction) => void,
  ): Promise<void> => {
    const transaction = producer.begin();
    for (const { send } of acts) if (send) transaction.write(send.lane, batchOf(send.lane, [send.record]));
    for (const { leftOut } of acts) if (leftOut) writeLeftOutNote(transaction, topology.control, leftOut);
    writeLedger(transaction, topology.replays, [...outcomesOf(run, acts), ...entries]);
    more?.(transaction);
    await transaction.commit(null);
  };
  /** After a fault nobody knows whether it happened: ends what is open, then asks the ledger. */
  const recover = async (why: string): Promise<void> => {
    for (let message = why; ;) {
      onRetry(message);
      await clock.sleep(BACKOFF_MS);
      try {
        await producer.init();
        return await ledger.refresh();
      } catch (error) {
        if (!(error instanceof RetriableError)) throw error;
        message = error.message;
      }
    }
  };
  return {
    commit: async (acts, entries, more) => {
      for (;;) {
        const left = acts.filter(({ letter: { topic, partition, record } }) => !ledger.view.hasDealt(run, topic, partition, record.offset));
        if (acts.length > 0 && left.length === 0 && entries.length === 0) return;
        try {
          await attempt(left, entries, more);
          return await ledger.refresh().catch((error: unknown) => recover(String(error)));
        } catch (error) {
          if (!(error instanceof RetriableError)) throw error;
          await recover(error.message);
          if (entries.some((entry) => isThere(entry, ledger))) return;
        }
      }
    },
    [Symbol.asyncDispose]: () => producer[Symbol.asyncDispose](),
  };
}

/** The entry that came with the transaction tells whether it took place. */
function isThere(entry: LedgerEntry, { view }: LedgerReader): boolean {
  if (entry.kind !== "run") return false;
  const now = view.entryOf(entry.run);
  return now !== null && now.state === entry.state && now.at === entry.at;
}

function outcomesOf(run: string, acts: readonly Act[]): OutcomesEntry[] {
  const byLane = new Map<string, { topic: string; partition: number; outcomes: RecordOutcome[] }>();
  for (const { letter, outcome } of acts) {
    const { topic, partition } = letter;
    const key = `${topic}/${partition}`;
    const own = byLane.get(key) ?? { topic, partition, outcomes: [] };
    byLane.set(key, own);
    own.outcomes.push(outcome);
  }
  return [...byLane.values()].flatMap(({ topic, partition, outcomes }) =>
    Array.from({ length: Math.ceil(outcomes.length / MAX_OUTCOMES) }, (_, i): OutcomesEntry => {
      const part = outcomes.slice(i * MAX_OUTCOMES, (i + 1) * MAX_OUTCOMES);
      return { v: 1, kind: "outcomes", run, topic, partition, outcomes: part };
    }),
  );
}
