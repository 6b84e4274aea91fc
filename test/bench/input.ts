import { allRows, batchOf, partitionOf, type Batch } from "@weir/record";
import type { Log, Producer } from "@weir/stream";
import { createW1, W1_FAULTS } from "@weir/testkit";

export const PARTITIONS = 8;
export const SEED = 1;
export const FAULT_EVERY = 100;
/** Different records; then they come again with other ids. A multiple of what one turn of all faults takes, so that record i is always of the same kind. */
export const POOL_RECORDS = 500 * FAULT_EVERY * W1_FAULTS.length;
/** Records of one transaction. */
const PIECE_RECORDS = 40_000;
const DIGITS = 9;
const ZERO = 48;
/** What every value begins with, up to the number of the record. */
const BEFORE_NUMBER = new TextEncoder().encode(`{"transaction_id":"tx-${SEED.toString(36)}-`);

/** Some records of one partition, with the numbers that they have in the pool. */
interface Part {
  readonly batch: Batch;
  readonly numbers: Int32Array;
}

/** Writes W1 records quickly: they are made once, and then only get other numbers. */
export interface Load {
  /** Fills a topic with the records 0 to `records` - 1. */
  fill(log: Log, topic: string, records: number): Promise<void>;
}

export function createLoad(): Load {
  const pieces = makePool();
  return {
    async fill(log, topic, records) {
      await log.createTopics([{ name: topic, partitions: PARTITIONS }]);
      await using producer = await log.producer({ transactionalId: `fill-${topic}` });
      let last: Promise<void> = Promise.resolve();
      for (let first = 0; first < records; first += PIECE_RECORDS) {
        const piece = pieces[(first / PIECE_RECORDS) % pieces.length]!; // modulo its length
        const commit = writePiece(producer, topic, piece, first - (first % POOL_RECORDS), records);
        await last; // one commit on its way while the next piece is written
        last = commit;
      }
      await last;
    },
  };
}

function makePool(): Part[][] {
  const make = createW1({ seed: SEED, faultEvery: FAULT_EVERY });
  const encoder = new TextEncoder();
  return Array.from({ length: POOL_RECORDS / PIECE_RECORDS }, (_, piece) => {
    const lists = Array.from({ length: PARTITIONS }, () => ({
      records: [] as { key: Uint8Array; value: Uint8Array }[],
      numbers: [] as number[],
    }));
    for (let i = piece * PIECE_RECORDS; i < (piece + 1) * PIECE_RECORDS; i++) {
      const { key, value } = make(i);
      const keyBytes = encoder.encode(key);
      const list = lists[partitionOf(keyBytes, PARTITIONS)]!; // one of the partitions
      list.records.push({ key: keyBytes, value: encoder.encode(value) });
      list.numbers.push(i);
    }
    return lists.map(({ records, numbers }, partition) => ({
      batch: batchOf({ topic: "", partition }, records),
      numbers: Int32Array.from(numbers),
    }));
  });
}

/** What is written has been copied when `write` returns: the bytes may get their next numbers at once. */
function writePiece(producer: Producer, topic: string, parts: readonly Part[], base: number, records: number): Promise<void> {
  const transaction = producer.begin();
  for (const { batch, numbers } of parts) {
    let count = 0;
    for (; count < batch.count && base + numbers[count]! < records; count++) {
      // parallel to the rows; ascending
      putNumber(batch.bytes, batch.valueAt[count]! + BEFORE_NUMBER.length, base + numbers[count]!); // as above
    }
    if (count > 0) transaction.write({ topic, partition: batch.partition }, batch, count === batch.count ? null : allRows(count));
  }
  return transaction.commit(null);
}

function putNumber(bytes: Uint8Array, at: number, number: number): void {
  let rest = number;
  for (let i = at + DIGITS - 1; i >= at; i--) {
    bytes[i] = ZERO + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}

/** The number of the record in the row; -1 where it is none of ours. */
export function numberAt({ bytes, valueAt, valueLength }: Batch, row: number): number {
  const at = valueAt[row]!; // row < count
  const length = BEFORE_NUMBER.length;
  if (valueLength[row]! < length + DIGITS) return -1; // as above
  for (let i = 0; i < length; i++) if (bytes[at + i] !== BEFORE_NUMBER[i]) return -1;
  let number = 0;
  for (let i = at + length; i < at + length + DIGITS; i++) number = 10 * number + (bytes[i]! - ZERO); // inside the value
  return number;
}
