import { allRows, batchOf, partitionOf, type Batch } from "@weir/record";
import type { Log, Producer } from "@weir/stream";
import { W1_FAULTS } from "@weir/testkit";
import { formOf, W1, writerOf, type Workload } from "./workload.ts";

export const PARTITIONS = W1.partitions;
export const SEED = 1;
export const FAULT_EVERY = W1.faultEvery;
/** Different records; then they come again with other ids. A multiple of what one turn of all faults takes, so that record i is always of the same kind. */
export const POOL_RECORDS = 500 * FAULT_EVERY * W1_FAULTS.length;

/** Different records, and how many of them one transaction writes: both multiples of a turn of all faults. */
export interface Pool {
  readonly records: number;
  readonly pieceRecords: number;
}

/** Of records that are larger there are fewer: 40,000 of 8 KB are 320 MB. */
const LARGE_BYTES = 900;

export function poolOf(workload: Workload): Pool {
  const { value } = formOf(workload).create({ seed: SEED, faultEvery: 0 })(0);
  return value.length >= LARGE_BYTES ? { records: 40_000, pieceRecords: 4_000 } : { records: POOL_RECORDS, pieceRecords: 40_000 };
}

/** Of the number of a record, in its id. */
export const NUMBER_DIGITS = 9;
const ZERO = 48;
/** What every value of JSON begins with, up to the number of the record. */
export const BEFORE_NUMBER = new TextEncoder().encode(`{"transaction_id":"tx-${SEED.toString(36)}-`);

/** The same of Avro, behind the framing: the length of the id, and its first letters. */
const AVRO_BEFORE_NUMBER = new TextEncoder().encode(`\u{1c}tx-${SEED.toString(36)}-`);
const FRAME_BYTES = 5;

/** Where the number of the record in the row is; -1 where it is none of ours. */
function numberPlace({ bytes, valueAt, valueLength }: Batch, row: number): number {
  const at = valueAt[row]!; // row < count, as the next line
  const length = valueLength[row]!;
  const [begin, before] = bytes[at] === 0 ? [at + FRAME_BYTES, AVRO_BEFORE_NUMBER] : [at, BEFORE_NUMBER];
  if (begin + before.length + NUMBER_DIGITS > at + length) return -1;
  for (let i = 0; i < before.length; i++) if (bytes[begin + i] !== before[i]) return -1;
  return begin + before.length;
}

/** Some records of one partition, with the numbers that they have in the pool. */
interface Part {
  readonly batch: Batch;
  readonly numbers: Int32Array;
}

/** Writes records quickly: they are made once, and then only get other numbers. */
export interface Load {
  /** Fills a topic with the records 0 to `records` - 1. */
  fill(log: Log, topic: string, records: number): Promise<void>;
}

/** Records of the workload, card transactions unless it says otherwise. */
export function createLoad(workload: Workload = W1): Load {
  const pool = poolOf(workload);
  const pieces = makePool(workload, pool);
  return {
    async fill(log, topic, records) {
      await log.createTopics([{ name: topic, partitions: workload.partitions }]);
      await using producer = await log.producer({ transactionalId: `fill-${topic}` });
      let last: Promise<void> = Promise.resolve();
      for (let first = 0; first < records; first += pool.pieceRecords) {
        const piece = pieces[(first / pool.pieceRecords) % pieces.length]!; // modulo its length
        const commit = writePiece(producer, topic, piece, first - (first % pool.records), records);
        await last; // one commit on its way while the next piece is written
        last = commit;
      }
      await last;
    },
  };
}

function makePool(workload: Workload, { records, pieceRecords }: Pool): Part[][] {
  const { partitions, faultEvery } = workload;
  const make = writerOf(workload, { seed: SEED, faultEvery });
  const encoder = new TextEncoder();
  return Array.from({ length: records / pieceRecords }, (_, piece) => {
    const lists = Array.from({ length: partitions }, () => ({
      records: [] as { key: Uint8Array; value: Uint8Array }[],
      numbers: [] as number[],
    }));
    for (let i = piece * pieceRecords; i < (piece + 1) * pieceRecords; i++) {
      const { key, value } = make(i);
      const keyBytes = encoder.encode(key);
      const list = lists[partitionOf(keyBytes, partitions)]!; // one of the partitions
      list.records.push({ key: keyBytes, value });
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
      putDigits(batch.bytes, numberPlace(batch, count), NUMBER_DIGITS, base + numbers[count]!); // as above
    }
    if (count > 0) transaction.write({ topic, partition: batch.partition }, batch, count === batch.count ? null : allRows(count));
  }
  return transaction.commit(null);
}

export function putDigits(bytes: Uint8Array, at: number, digits: number, value: number): void {
  let rest = value;
  for (let i = at + digits - 1; i >= at; i--) {
    bytes[i] = ZERO + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}

export function digitsAt(bytes: Uint8Array, at: number, digits: number): number {
  let value = 0;
  for (let i = at; i < at + digits; i++) value = 10 * value + (bytes[i]! - ZERO); // the caller knows that they are there
  return value;
}

/** The number of the record in the row; -1 where it is none of ours. */
export function numberAt(batch: Batch, row: number): number {
  const at = numberPlace(batch, row);
  return at < 0 ? -1 : digitsAt(batch.bytes, at, NUMBER_DIGITS); // inside the value
}
