import { batchOf, partitionOf, type Batch, type Lane } from "@weir/record";
import type { RecordForm } from "@weir/testkit";
import { BatchEncoder, decodeRecords, loadCodecs } from "../../../packages/kafka/src/record-batch/index.ts";

/** What a broker would answer to a fetch of one partition: encoded once, read again and again with other offsets. */
export interface RecordedPartition {
  readonly partition: number;
  /** RecordBatches whose first offset is 0. */
  readonly bytes: Buffer;
  readonly count: number;
}

export interface RecordingOptions {
  readonly form: RecordForm;
  readonly partitions: number;
  readonly records: number;
  /** One in so many is damaged; 0: none. */
  readonly faultEvery: number;
}

const codecs = await loadCodecs();
const encoder = new TextEncoder();

/** Records over partitions, as the broker would have them. */
export function recordAnswers({ form, partitions, records, faultEvery }: RecordingOptions): readonly RecordedPartition[] {
  const make = form.create({ seed: 1, faultEvery });
  const lists = Array.from({ length: partitions }, () => [] as { key: Uint8Array; value: Uint8Array }[]);
  for (let i = 0; i < records; i++) {
    const { key, value } = make(i);
    const keyBytes = encoder.encode(key);
    lists[partitionOf(keyBytes, partitions)]!.push({ key: keyBytes, value: encoder.encode(value) }); // one of the partitions
  }
  return lists.map((list, partition) => recordPartition(partition, batchOf({ topic: "", partition }, list)));
}

function recordPartition(partition: number, batch: Batch): RecordedPartition {
  const batches = new BatchEncoder();
  const parts: Buffer[] = [];
  for (let first = 0; first < batch.count;) {
    batches.reset();
    const end = batches.add(batch, null, first, 0);
    const part = Buffer.from(batches.finish(null));
    part.writeInt32BE(first, FIRST_OFFSET_AT + 4); // which the checksum leaves out
    parts.push(part);
    first = end;
  }
  return { partition, bytes: Buffer.concat(parts), count: batch.count };
}

const FIRST_OFFSET_AT = 0;
const LENGTH_AT = 8;
const LENGTH_FROM = 12;

/** The same records `turn` times later, in bytes of their own as every fetch brings them. */
export function replay({ bytes, count }: RecordedPartition, lane: Lane, turn: number): readonly Batch[] {
  const records = Buffer.from(bytes);
  for (let at = 0; at < records.length; at += LENGTH_FROM + records.readInt32BE(at + LENGTH_AT)) {
    const first = bytes.readInt32BE(at + FIRST_OFFSET_AT + 4) + turn * count;
    records.writeInt32BE(Math.floor(first / 2 ** 32), at + FIRST_OFFSET_AT);
    records.writeUInt32BE(first % 2 ** 32, at + FIRST_OFFSET_AT + 4);
  }
  return decodeRecords({ lane, records, from: turn * count, aborted: null, codecs }).batches;
}
