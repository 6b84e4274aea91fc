import { crc32c } from "@node-rs/crc32";
import { varintLength, type Batch } from "@weir/record";
import { RecordTooLarge, type Compression } from "@weir/stream";
import { prepareAdditions, type PreparedAdditions } from "./additions.ts";
import { copyable, copyBytes, type Copyable } from "./copy-bytes.ts";
import { AT, ATTRIBUTE, CODEC, LENGTH_FROM, writeInt64 } from "./layout.ts";
import { stage } from "./staged-batch.ts";
import { FRAME_END_BYTES, FRAME_HEAD_BYTES, writeStoredFrame } from "./stored-frame.ts";
import { varlongLength, writeVarlong, zigzag } from "./varlong.ts";

/** A batch takes no more records once it would become larger; a record that is larger alone gets a batch of its own. */
export const BATCH_BYTES = 900_000;
export const BATCH_RECORDS = 10_000;
/** `max.message.bytes` of Weir's own topics: nothing larger can be written anywhere. */
export const LARGEST_BATCH_BYTES = 2 * 1024 * 1024;

/** The kernel's differences of timestamps have 31 bits. */
const MAX_DELTA = 2 ** 31 - 1;
const FIRST_CAPACITY_BYTES = 32 * 1024;

/** Which producer the batch is of, and its place in what this one has sent to the lane. */
export interface Sequence {
  /** Does it belong to the producer's open transaction? */
  readonly transactional: boolean;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
}

export interface EncoderOptions {
  /** Bytes. */
  readonly capacity?: number | undefined;
  /** Absent: none. */
  readonly compression?: Compression;
}

/** Encodes one RecordBatch after the other into a buffer that grows and is kept. Owns that buffer. */
export class BatchEncoder {
  /** Records are in a frame of LZ4. */
  readonly #isStored: boolean;
  /** Where the records begin. */
  readonly #start: number;
  #target: Copyable;
  #at: number;
  #count = 0;
  #baseTimestamp = 0;
  #maxTimestamp = 0;

  constructor({ capacity = FIRST_CAPACITY_BYTES, compression = "none" }: EncoderOptions = {}) {
    this.#isStored = compression === "lz4-stored";
    this.#start = this.#at = AT.records + (this.#isStored ? FRAME_HEAD_BYTES : 0);
    this.#target = copyable(Buffer.allocUnsafeSlow(capacity));
  }

  /** Bytes that it has room for before it grows: by doubling, so that those of one lane and of others are of a few sizes. */
  get capacity(): number {
    return this.#target.buffer.length;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#at;
  }

  reset(): void {
    this.#at = this.#start;
    this.#count = 0;
  }

  /**
   * Adds the rows `rows[start]`, `rows[start + 1]`, … (all rows from `start` where `rows` is null) until the batch is full;
   * gives the index of the first one that was not added. Records get the time `now`, or keep their own where it is null.
   * @throws {RecordTooLarge} before anything of the row was written.
   */
  add(batch: Batch, rows: Int32Array | null, start: number, now: number | null): number {
    const total = rows === null ? batch.count : rows.length;
    let index = now !== null && stage().take(batch, rows) ? this.#many(start, total, now) : start;
    if (index === total) return index;
    const additions = prepareAdditions(batch);
    const source = copyable(batch.bytes);
    const headers = batch.headerBytes === batch.bytes ? source : copyable(batch.headerBytes);
    for (; index < total && this.#count < BATCH_RECORDS; index++) {
      const row = rows === null ? index : rows[index]!; // index < length
      const timestamp = now ?? batch.timestamp[row]!; // row < count
      if (!this.#record(batch, row, source, headers, additions, timestamp)) break;
    }
    return index;
  }

  /** Adds what the staged batch has from `start` on, as long as it fits; the first row that does not is left to `#record`. */
  #many(start: number, total: number, now: number): number {
    if (this.#count === 0) this.#baseTimestamp = this.#maxTimestamp = now;
    const delta = zigzag(now - this.#baseTimestamp);
    if (delta > MAX_DELTA) return start;
    let index = start;
    for (;;) {
      const end = Math.min(total, index + BATCH_RECORDS - this.#count);
      const next = stage().encode(index, end, { room: Math.max(0, BATCH_BYTES - this.#at), number: this.#count, delta });
      if (next === index) return index;
      const written = stage().written();
      this.#grow(written.length);
      this.#target.buffer.set(written, this.#at);
      this.#at += written.length;
      this.#count += next - index;
      if (now > this.#maxTimestamp) this.#maxTimestamp = now;
      index = next;
    }
  }

  /**
   * Adds one record; false when the batch is full without it. Every `!` below: columns are parallel to the rows, and the
   * caller's row is one of them.
   */
  #record(batch: Batch, row: number, source: Copyable, headers: Copyable, additions: PreparedAdditions, timestamp: number): boolean {
    const keyLength = batch.keyLength[row]!;
    const ownLength = batch.headersLength[row]!;
    let keep = batch.valueLength[row]!;
    let tailLength = 0;
    const tails = additions.tails;
    if (tails !== null && keep >= 0 && tails.length[row]! >= 0) {
      keep = tails.keep[row]!;
      tailLength = tails.length[row]!;
    }
    const valueLength = keep < 0 ? -1 : keep + tailLength;
    let headerCount = batch.headerCount[row]!;
    let headerBytes = ownLength;
    const columns = additions.headers;
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i]!;
      const length = column.length[row]!;
      if (length < 0) continue;
      headerCount++;
      headerBytes += column.name.buffer.length + varintLength(length) + length;
    }
    if (this.#count === 0) this.#baseTimestamp = this.#maxTimestamp = timestamp;
    const delta = timestamp - this.#baseTimestamp;
    const body =
      1 +
      (delta === 0 ? 1 : varlongLength(delta)) +
      varintLength(this.#count) +
      varintLength(keyLength) +
      (keyLength > 0 ? keyLength : 0) +
      varintLength(valueLength) +
      (valueLength > 0 ? valueLength : 0) +
      varintLength(headerCount) +
      headerBytes;
    if (!this.#fits(row, body + varintLength(body))) return false;
    const target = this.#target;
    const to = target.buffer;
    let at = writeVarint(to, this.#at, body);
    to[at++] = 0;
    if (delta === 0) to[at++] = 0;
    else at = writeVarlong(to, at, delta);
    at = writeVarint(to, at, this.#count);
    at = writeVarint(to, at, keyLength);
    at = copyBytes(source, batch.keyAt[row]!, keyLength, target, at);
    at = writeVarint(to, at, valueLength);
    at = copyBytes(source, batch.valueAt[row]!, keep, target, at);
    if (tailLength > 0 && tails !== null) at = copyBytes(tails.bytes, tails.at[row]!, tailLength, target, at);
    at = writeVarint(to, at, headerCount);
    at = copyBytes(headers, batch.headersAt[row]!, ownLength, target, at);
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i]!;
      const length = column.length[row]!;
      if (length < 0) continue;
      at = copyBytes(column.name, 0, column.name.buffer.length, target, at);
      at = writeVarint(to, at, length);
      at = copyBytes(column.bytes, column.at[row]!, length, target, at);
    }
    this.#at = at;
    this.#count++;
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp;
    return true;
  }

  /** Room for a record of that size, if the batch takes it. */
  #fits(row: number, bytes: number): boolean {
    if (this.#count > 0 && this.#at + bytes > BATCH_BYTES) return false;
    const most = LARGEST_BATCH_BYTES - this.#start - FRAME_END_BYTES;
    if (bytes > most) throw new RecordTooLarge(row, bytes, most);
    this.#grow(bytes);
    return true;
  }

  #grow(bytes: number): void {
    const { buffer } = this.#target;
    if (this.#at + bytes <= buffer.length) return;
    let capacity = 2 * buffer.length;
    while (capacity < this.#at + bytes) capacity *= 2;
    const bigger = Buffer.allocUnsafeSlow(capacity);
    buffer.copy(bigger, 0, 0, this.#at);
    this.#target = copyable(bigger);
  }

  /** The finished batch: valid until `reset`. Without `sequence` it is of no producer that the broker would know again. */
  finish(sequence: Sequence | null): Buffer {
    const codec = this.#isStored ? this.#store() : CODEC.none;
    const to = this.#target.buffer;
    writeInt64(to, AT.baseOffset, 0);
    to.writeInt32BE(this.#at - LENGTH_FROM, AT.length);
    to.writeInt32BE(-1, AT.leaderEpoch);
    to.writeInt8(2, AT.magic);
    to.writeInt16BE(codec | (sequence?.transactional === true ? ATTRIBUTE.transactional : 0), AT.attributes);
    to.writeInt32BE(this.#count - 1, AT.lastOffsetDelta);
    writeInt64(to, AT.baseTimestamp, this.#baseTimestamp);
    writeInt64(to, AT.maxTimestamp, this.#maxTimestamp);
    writeInt64(to, AT.producerId, sequence?.producerId ?? -1);
    to.writeInt16BE(sequence?.producerEpoch ?? -1, AT.producerEpoch);
    to.writeInt32BE(sequence?.baseSequence ?? -1, AT.baseSequence);
    to.writeInt32BE(this.#count, AT.count);
    to.writeUInt32BE(crc32c(to.subarray(AT.attributes, this.#at)) >>> 0, AT.crc);
    return to.subarray(0, this.#at);
  }

  #store(): number {
    this.#grow(FRAME_END_BYTES);
    writeStoredFrame(this.#target.buffer, this.#start, this.#at);
    this.#at += FRAME_END_BYTES;
    return CODEC.lz4;
  }
}

/** Zig-zag; gives the position behind. */
function writeVarint(to: Buffer, at: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  while (rest > 127) {
    to[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  to[at] = rest;
  return at + 1;
}
