import { type Batch, recordAt } from "@weir/record";

/** Where each row's value lies, its tail included; a length of -1 is a null value. */
export interface Values {
  readonly bytes: Uint8Array;
  readonly at: Int32Array;
  readonly length: Int32Array;
}

/** The values of a batch: its own bytes, or copies where tails have been spliced on. */
export function valuesOf(batch: Batch): Values {
  const tails = batch.added.tails;
  if (tails === null) return { bytes: batch.bytes, at: batch.valueAt, length: batch.valueLength };
  const at = new Int32Array(batch.count);
  const length = new Int32Array(batch.count);
  let size = 0;
  for (let row = 0; row < batch.count; row++) {
    const own = batch.valueLength[row]!; // row < count, here and below
    const tail = tails.length[row]!;
    at[row] = size;
    length[row] = own < 0 || tail < 0 ? own : tails.keep[row]! + tail;
    size += Math.max(length[row]!, 0);
  }
  const bytes = new Uint8Array(size);
  for (let row = 0; row < batch.count; row++) {
    if (length[row]! < 0) continue;
    const from = batch.valueAt[row]!;
    const tail = tails.length[row]!;
    const kept = tail < 0 ? length[row]! : tails.keep[row]!;
    bytes.set(batch.bytes.subarray(from, from + kept), at[row]);
    if (tail >= 0) bytes.set(tails.bytes.subarray(tails.at[row], tails.at[row]! + tail), at[row]! + kept);
  }
  return { bytes, at, length };
}

const stacks: ErrorConstructor & { stackTraceLimit?: number | undefined } = Error;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Strict: throws for anything but UTF-8 JSON text without a byte order mark. A member `__proto__` becomes an own property. What is
 * thrown has no stack, which took longer to make than everything else that is done with such a record.
 */
export function parseJson(bytes: Uint8Array): unknown {
  const { stackTraceLimit } = stacks;
  stacks.stackTraceLimit = 0;
  try {
    return JSON.parse(decoder.decode(bytes));
  } finally {
    stacks.stackTraceLimit = stackTraceLimit;
  }
}

/**
 * The record's value with its tail as an object, for the rare path; undefined for a null value. Throws where the value is
 * not JSON: ask only for rows that a reader did not fail with DECODE.
 */
export function parseRecord(batch: Batch, row: number): unknown {
  const value = recordAt(batch, row).value;
  return value === null ? undefined : parseJson(value);
}
