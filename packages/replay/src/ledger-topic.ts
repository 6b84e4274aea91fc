import { createLedgerView, parseLedgerEntry, type LedgerEntry, type LedgerView } from "@weir/deadletter";
import { batchOf, laneKey } from "@weir/record";
import type { Log, Transaction } from "@weir/stream";
import { readStretches } from "./read-stretch.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** What the topic of replays says, kept up to date on demand. */
export interface LedgerReader {
  readonly view: LedgerView;
  /** Reads on to what was ever written: a commit may be settled while its marker is still on its way. */
  refresh(): Promise<void>;
}

/** The topic has one partition, so that all runs have one order. */
export async function openLedger(log: Log, topic: string): Promise<LedgerReader> {
  const lane = { topic, partition: 0 };
  const view = createLedgerView();
  let next = 0;
  const refresh = async (): Promise<void> => {
    const bounds = (await log.bounds([lane])).get(laneKey(lane));
    if (!bounds) return;
    const { earliest, end } = bounds;
    for await (const { record } of readStretches(log, [{ ...lane, offset: Math.max(next, earliest), end }])) {
      const entry = record.value === null ? null : parseLedgerEntry(decoder.decode(record.value));
      if (entry) view.apply(entry);
    }
    next = Math.max(next, end);
  };
  await refresh();
  return { view, refresh };
}

/** Writes entries in the caller's transaction, keyed by what they are about. */
export function writeLedger(transaction: Transaction, topic: string, entries: readonly LedgerEntry[]): void {
  if (entries.length === 0) return;
  const lane = { topic, partition: 0 };
  const records = entries.map((entry) => ({
    key: encoder.encode(entry.kind === "fixed" ? `fixed/${entry.fingerprint}` : entry.run),
    value: encoder.encode(JSON.stringify(entry)),
  }));
  transaction.write(lane, batchOf(lane, records));
}
