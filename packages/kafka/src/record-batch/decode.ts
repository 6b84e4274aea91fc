import { NOTHING_ADDED, type Batch, type Lane } from "@weir/record";
import type { Codecs } from "./codecs.ts";
import { createRows, readRows, type RowSource, type Rows } from "./read-rows.ts";
import { scanBatches, type Aborted, type Section } from "./scan-batches.ts";

export interface DecodeOptions {
  readonly lane: Lane;
  /** One partition's part of a Fetch answer: RecordBatches, the last one perhaps cut off. */
  readonly records: Buffer;
  /** Records below are left out, although their batch came with the others. */
  readonly from: number;
  /** Aborted transactions that overlap the answer; null: everything is delivered. */
  readonly aborted: readonly Aborted[] | null;
  readonly codecs: Codecs;
}

export interface Decoded {
  /** In log order; one at most for all that was not compressed between two compressed batches. */
  readonly batches: readonly Batch[];
  /** First offset not looked at. */
  readonly nextOffset: number;
  /** Why the bytes at `nextOffset` cannot be read. */
  readonly damage: string | null;
  /** First offset behind the damage, as far as headers tell; null where they do not, or nothing is damaged. */
  readonly resume: number | null;
}

/** Reads one partition's answer into columns over its own bytes; only compressed batches are copied. */
export function decodeRecords(options: DecodeOptions): Decoded {
  const scan = scanBatches(options.records, options.from, options.aborted);
  const batches: Batch[] = [];
  for (let i = 0; i < scan.sections.length;) {
    let end = i + 1;
    const compressed = scan.sections[i]!.codec !== 0; // i < length, as below
    while (end < scan.sections.length && (scan.sections[end]!.codec !== 0) === compressed) end++;
    const group = scan.sections.slice(i, end);
    const nextOffset = scan.sections[end]?.baseOffset ?? scan.nextOffset;
    try {
      const { bytes, sources } = compressed ? inflate(group, options) : { bytes: options.records, sources: group };
      batches.push(batchOfSources(options, bytes, sources, nextOffset));
    } catch (error) {
      return readUpToDamage(options, group, batches, error);
    }
    i = end;
  }
  return { batches, nextOffset: scan.nextOffset, damage: scan.damage, resume: scan.resume };
}

/** Something in this group cannot be read: deliver the batches before it one by one and stop at the culprit. */
function readUpToDamage(options: DecodeOptions, group: readonly Section[], batches: Batch[], error: unknown): Decoded {
  for (const [i, section] of group.entries()) {
    try {
      const { bytes, sources } = section.codec === 0 ? { bytes: options.records, sources: [section] } : inflate([section], options);
      batches.push(batchOfSources(options, bytes, sources, group[i + 1]?.baseOffset ?? section.lastOffset + 1));
    } catch (found) {
      return { batches, nextOffset: Math.max(section.baseOffset, options.from), damage: messageOf(found), resume: section.lastOffset + 1 };
    }
  }
  throw error; // all of them could be read one by one: not the bytes are at fault
}

function inflate(group: readonly Section[], options: DecodeOptions): { bytes: Uint8Array; sources: RowSource[] } {
  const pieces = group.map((section) => {
    const decompress = options.codecs.get(section.codec);
    if (decompress === undefined) throw new Error(`unknown compression codec ${section.codec}`);
    return decompress(options.records.subarray(section.at, section.end));
  });
  let at = 0;
  const sources = group.map((section, i): RowSource => {
    const length = pieces[i]!.length; // parallel
    const source = { ...section, at, end: at + length };
    at += length;
    return source;
  });
  return { bytes: pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces), sources }; // length 1
}

function batchOfSources(options: DecodeOptions, bytes: Uint8Array, sources: readonly RowSource[], nextOffset: number): Batch {
  let capacity = 0;
  for (const source of sources) {
    // A record takes at least seven bytes: a count beyond that is a lie that must not cost memory.
    if (source.count * 7 > source.end - source.at) throw new RangeError(`${source.count} records in ${source.end - source.at} bytes`);
    capacity += source.count;
  }
  const rows = createRows(capacity);
  let count = 0;
  for (const source of sources) count = readRows(bytes, source, options.from, rows, count);
  return {
    topic: options.lane.topic,
    partition: options.lane.partition,
    count,
    nextOffset,
    bytes,
    headerBytes: bytes,
    ...(count === capacity ? rows : cutRows(rows, count)),
    added: NOTHING_ADDED,
  };
}

function cutRows(rows: Rows, count: number): Rows {
  return {
    offset: rows.offset.subarray(0, count),
    timestamp: rows.timestamp.subarray(0, count),
    keyAt: rows.keyAt.subarray(0, count),
    keyLength: rows.keyLength.subarray(0, count),
    valueAt: rows.valueAt.subarray(0, count),
    valueLength: rows.valueLength.subarray(0, count),
    headersAt: rows.headersAt.subarray(0, count),
    headersLength: rows.headersLength.subarray(0, count),
    headerCount: rows.headerCount.subarray(0, count),
  };
}

/** A batch without rows: only the position moved. */
export function emptyBatch(lane: Lane, nextOffset: number): Batch {
  const bytes = new Uint8Array(0);
  return {
    topic: lane.topic,
    partition: lane.partition,
    count: 0,
    nextOffset,
    bytes,
    headerBytes: bytes,
    ...createRows(0),
    added: NOTHING_ADDED,
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
