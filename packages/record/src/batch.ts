import { gatherColumn, gatherDoubles, gatherInts, gatherSlices, selectionOf, type Column, type Slices } from "./column.ts";
import { writeHeaders } from "./header-writer.ts";
import { readHeaders, type Header, type HeaderColumn } from "./headers.ts";

/**
 * Longest value that Weir carries: with key and headers it fits topics of 2 MiB a record, which is what Weir's own have. A
 * longer one is dead-lettered without its value.
 */
export const MAX_VALUE_BYTES = 2_000_000;
/** Key, value and headers of a record together: what leaves room in a topic of Weir (2 MiB) for the headers of a dead letter. */
export const MAX_RECORD_BYTES = 2_090_000;

/** One partition of one topic. */
export interface Lane {
  readonly topic: string;
  readonly partition: number;
}

/** The key of a lane in maps. */
export function laneKey(lane: Lane): string {
  return `${lane.topic}/${lane.partition}`;
}

/**
 * One partition's slice of the log, as columns over bytes: row r has the offset `offset[r]` and its key, value and header
 * block are ranges into the buffers. Batches are immutable; whoever holds rows back keeps the batch, whose bytes are not reused.
 */
export interface Batch extends Lane {
  readonly count: number;
  /** First offset that this slice has not looked at: markers of transactions leave holes, so it may lie beyond the last row. */
  readonly nextOffset: number;
  readonly bytes: Uint8Array;
  readonly offset: Float64Array;
  /** Milliseconds since 1970 UTC. */
  readonly timestamp: Float64Array;
  readonly keyAt: Int32Array;
  /** -1: null key. */
  readonly keyLength: Int32Array;
  readonly valueAt: Int32Array;
  /** -1: null value. */
  readonly valueLength: Int32Array;
  /** What the three below point into; usually `bytes`. */
  readonly headerBytes: Uint8Array;
  readonly headersAt: Int32Array;
  /** Bytes of the header block, in Kafka's layout, without its count. */
  readonly headersLength: Int32Array;
  readonly headerCount: Int32Array;
  /** What Weir has added so far; not in the bytes above. */
  readonly added: Additions;
}

/** What stages add to records on their way, parallel to the rows of the batch. */
export interface Additions {
  /** In the order in which they are written, after the record's own headers. */
  readonly headers: readonly HeaderColumn[];
  readonly tails: Tails | null;
  /** For the next stage of a fused chain: what it would otherwise read back from the value. */
  readonly columns: ReadonlyMap<string, Column>;
}

/** A splice: the value is its first `keep[row]` bytes followed by the slice. A length of -1 leaves the value alone. */
export interface Tails extends Slices {
  readonly keep: Int32Array;
}

export const NOTHING_ADDED: Additions = { headers: [], tails: null, columns: new Map() };

/** A record as an object: for the rare path (dead letters, people, tests). */
export interface PlainRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly Header[];
  readonly timestamp: number;
  readonly offset: number;
}

/**
 * The rows of a selection (ascending, none twice) as a batch of their own, over the same bytes, with `added` (parallel to
 * `rows`) on top. A selection of all rows copies nothing.
 */
export function selectRows(batch: Batch, rows: Int32Array, added: Partial<Additions> = {}): Batch {
  if (rows.length === batch.count) return addTo(batch, added);
  const selection = selectionOf(rows);
  const columns = new Map<string, Column>();
  for (const [name, column] of batch.added.columns) columns.set(name, gatherColumn(column, selection));
  for (const [name, column] of added.columns ?? []) columns.set(name, column);
  const tails = batch.added.tails;
  return {
    topic: batch.topic,
    partition: batch.partition,
    count: rows.length,
    nextOffset: batch.nextOffset,
    bytes: batch.bytes,
    offset: gatherDoubles(batch.offset, selection),
    timestamp: gatherDoubles(batch.timestamp, selection),
    keyAt: gatherInts(batch.keyAt, selection),
    keyLength: gatherInts(batch.keyLength, selection),
    valueAt: gatherInts(batch.valueAt, selection),
    valueLength: gatherInts(batch.valueLength, selection),
    headerBytes: batch.headerBytes,
    headersAt: gatherInts(batch.headersAt, selection),
    headersLength: gatherInts(batch.headersLength, selection),
    headerCount: gatherInts(batch.headerCount, selection),
    added: {
      headers: [...batch.added.headers.map((h) => ({ name: h.name, ...gatherSlices(h, selection) })), ...(added.headers ?? [])],
      tails: added.tails ?? (tails === null ? null : { ...gatherSlices(tails, selection), keep: gatherInts(tails.keep, selection) }),
      columns,
    },
  };
}

function addTo(batch: Batch, added: Partial<Additions>): Batch {
  return {
    ...batch,
    added: {
      headers: [...batch.added.headers, ...(added.headers ?? [])],
      tails: added.tails ?? batch.added.tails,
      columns: new Map([...batch.added.columns, ...(added.columns ?? [])]),
    },
  };
}

/** The row as it would be written: key, value with its tail, own and added headers. */
export function recordAt(batch: Batch, row: number): PlainRecord {
  return {
    key: range(batch.bytes, batch.keyAt[row]!, batch.keyLength[row]!), // row < count, here and below
    value: valueAt(batch, row),
    headers: [...ownHeaders(batch, row), ...addedHeaders(batch, row)],
    timestamp: batch.timestamp[row]!,
    offset: batch.offset[row]!,
  };
}

/** The headers that the record had in the log. */
export function ownHeaders(batch: Batch, row: number): Header[] {
  return readHeaders(batch.headerBytes, batch.headersAt[row]!, batch.headerCount[row]!); // row < count
}

export function addedHeaders(batch: Batch, row: number): Header[] {
  const headers: Header[] = [];
  for (const column of batch.added.headers) {
    const value = range(column.bytes, column.at[row]!, column.length[row]!); // parallel to the rows
    if (value !== null) headers.push({ key: column.name, value });
  }
  return headers;
}

/** The bytes of the value that the row has in the log, without any tail. */
export function sourceValueAt(batch: Batch, row: number): Uint8Array | null {
  return range(batch.bytes, batch.valueAt[row]!, batch.valueLength[row]!); // row < count
}

function valueAt(batch: Batch, row: number): Uint8Array | null {
  const value = sourceValueAt(batch, row);
  const tails = batch.added.tails;
  if (value === null || tails === null || tails.length[row]! < 0) return value; // parallel to the rows
  const keep = tails.keep[row]!; // parallel
  const tail = range(tails.bytes, tails.at[row]!, tails.length[row]!)!; // length >= 0, just seen
  const joined = new Uint8Array(keep + tail.length);
  joined.set(value.subarray(0, keep));
  joined.set(tail, keep);
  return joined;
}

function range(bytes: Uint8Array, at: number, length: number): Uint8Array | null {
  return length < 0 ? null : bytes.subarray(at, at + length);
}

/** Builds a batch from records: for what Weir itself writes (verdicts, state, dead letters) and for tests. */
export function batchOf(lane: Lane, records: readonly Partial<PlainRecord>[]): Batch {
  const count = records.length;
  const ints = () => new Int32Array(count);
  const blocks = records.map((r) => writeHeaders(r.headers ?? []));
  let size = 0;
  for (let i = 0; i < count; i++) size += (records[i]!.key?.length ?? 0) + (records[i]!.value?.length ?? 0) + blocks[i]!.length; // i < count
  const bytes = new Uint8Array(size);
  const batch = {
    offset: new Float64Array(count),
    timestamp: new Float64Array(count),
    keyAt: ints(),
    keyLength: ints(),
    valueAt: ints(),
    valueLength: ints(),
    headersAt: ints(),
    headersLength: ints(),
    headerCount: ints(),
  };
  let at = 0;
  const put = (part: Uint8Array | null | undefined, ats: Int32Array, lengths: Int32Array, i: number): void => {
    ats[i] = at;
    lengths[i] = part ? part.length : -1;
    if (!part) return;
    bytes.set(part, at);
    at += part.length;
  };
  records.forEach((r, i) => {
    batch.offset[i] = r.offset ?? i;
    batch.timestamp[i] = r.timestamp ?? 0;
    put(r.key, batch.keyAt, batch.keyLength, i);
    put(r.value, batch.valueAt, batch.valueLength, i);
    put(blocks[i], batch.headersAt, batch.headersLength, i); // parallel
    batch.headerCount[i] = r.headers?.length ?? 0;
  });
  const nextOffset = count === 0 ? 0 : batch.offset[count - 1]! + 1; // count > 0
  return { ...lane, count, nextOffset, bytes, headerBytes: bytes, ...batch, added: NOTHING_ADDED };
}

let counted = new Int32Array(0);

/** 0, 1, …, count - 1. A view of memory that all callers share: not to be written to. */
export function allRows(count: number): Int32Array {
  if (count > counted.length) counted = new Int32Array(2 * count).map((_, row) => row);
  return counted.subarray(0, count);
}
