import { batchOf, partitionOf } from "@weir/record";
import { writeEndNote, type Log, type Producer, type Transaction } from "@weir/stream";
import type { Topology } from "@weir/pipeline";
import { createW1 } from "@weir/testkit";
import { lanesOf } from "./read-committed.ts";

/** Card transactions in order, cut into pieces that can be written more than once. */
export interface W1Input {
  /** The next `count` records. */
  next(count: number): W1Piece;
}

export interface W1Piece {
  /** Number of the first record. */
  readonly first: number;
  readonly count: number;
  write(transaction: Transaction, topic: string): void;
}

export function w1Input(seed: number, partitions: number): W1Input {
  const make = createW1({ seed });
  const encoder = new TextEncoder();
  let made = 0;
  return {
    next(count) {
      const first = made;
      const lists = Array.from({ length: partitions }, (): { key: Uint8Array; value: Uint8Array }[] => []);
      for (; made < first + count; made++) {
        const { key, value } = make(made);
        const keyBytes = encoder.encode(key);
        lists[partitionOf(keyBytes, partitions)]?.push({ key: keyBytes, value: encoder.encode(value) });
      }
      const write = (transaction: Transaction, topic: string): void =>
        lists.forEach((list, partition) => {
          const lane = { topic, partition };
          if (list.length > 0) transaction.write(lane, batchOf(lane, list));
        });
      return { first, count, write };
    },
  };
}

/** The number of a card transaction, as its id tells it; null for anything else. */
export function w1NumberOf(seed: number): (value: string) => number | null {
  const form = new RegExp(`"transaction_id":"tx-${seed.toString(36)}-(\\d{9})`);
  return (value) => {
    const match = form.exec(value);
    return match ? Number(match[1]) : null;
  };
}

/** Tells the pipeline that its input ends where it ends now. Saying so twice changes nothing. */
export async function endInput(log: Log, producer: Producer, topology: Topology): Promise<void> {
  const lanes = await lanesOf(log, [topology.entryTopic]);
  const bounds = await log.bounds(lanes);
  const transaction = producer.begin();
  for (const lane of lanes) writeEndNote(transaction, topology.control, lane, bounds.get(`${lane.topic}/${lane.partition}`)?.end ?? 0);
  await transaction.commit(null);
}
