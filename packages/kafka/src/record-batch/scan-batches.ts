import { crc32c } from "@node-rs/crc32";
import { AT, ATTRIBUTE, CODEC, LENGTH_FROM, readInt64 } from "./layout.ts";
import { storedBytes } from "./stored-frame.ts";

export interface Aborted {
  readonly producerId: number;
  readonly firstOffset: number;
}

/** The records of one RecordBatch that are to be delivered, as yet unread. */
export interface Section {
  readonly at: number;
  readonly end: number;
  readonly count: number;
  /** None where the records are stored, whatever the batch says. */
  readonly codec: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly baseTimestamp: number;
  /** The broker's time of append for all records, or -1 where every record has its own. */
  readonly appendedAt: number;
}

export interface Scan {
  readonly sections: readonly Section[];
  /** First offset not looked at. */
  readonly nextOffset: number;
  /** What is wrong with the bytes at `nextOffset`; null: nothing, or not all of it has come. */
  readonly damage: string | null;
  /** Where the damaged batch ends, as far as headers tell; null: they do not. */
  readonly resume: number | null;
}

/**
 * Walks the RecordBatches of one partition's answer: checks every CRC, leaves out control batches and, where `aborted` is
 * given, the batches of aborted transactions: entries fall due in order of their first offset, and a producer is out again
 * at its ABORT marker. A last batch that is cut off is not looked at.
 */
export function scanBatches(records: Buffer, from: number, aborted: readonly Aborted[] | null): Scan {
  const due = [...(aborted ?? [])].sort((a, b) => a.firstOffset - b.firstOffset);
  const discarding = new Set<number>();
  const sections: Section[] = [];
  let nextOffset = from;
  let nextDue = 0;
  for (let at = 0; at + AT.records <= records.length;) {
    const end = at + LENGTH_FROM + records.readInt32BE(at + AT.length);
    const damage = damageOf(records, at, end);
    if (damage !== null) return { sections, nextOffset, damage, resume: resumeAfter(records, at, end) };
    if (end > records.length) break;
    const section = sectionAt(records, at, end);
    for (let entry = due[nextDue]; entry !== undefined && entry.firstOffset <= section.lastOffset; entry = due[++nextDue]) {
      discarding.add(entry.producerId);
    }
    const attributes = records.readInt16BE(at + AT.attributes);
    const producerId = readInt64(records, at + AT.producerId);
    if (attributes & ATTRIBUTE.control) {
      if (isAbortMarker(records, section)) discarding.delete(producerId);
    } else if (section.lastOffset >= from && section.count > 0) {
      if (!(attributes & ATTRIBUTE.transactional) || !discarding.has(producerId)) sections.push(section);
    }
    nextOffset = Math.max(nextOffset, section.lastOffset + 1);
    at = end;
  }
  return { sections, nextOffset, damage: null, resume: null };
}

/** The batch behind tells best: what the damaged one says of itself may be what is damaged. */
function resumeAfter(records: Buffer, at: number, end: number): number | null {
  const first = readInt64(records, at + AT.baseOffset);
  if (end > at && end + AT.records <= records.length && records.readInt8(end + AT.magic) === 2) {
    const behind = readInt64(records, end + AT.baseOffset);
    if (behind > first) return behind;
  }
  const delta = records.readInt32BE(at + AT.lastOffsetDelta);
  return delta >= 0 && delta < MAX_RECORDS ? first + delta + 1 : null;
}

/** More than a batch of any producer holds. */
const MAX_RECORDS = 1_000_000;

function damageOf(records: Buffer, at: number, end: number): string | null {
  const magic = records.readInt8(at + AT.magic);
  if (magic !== 2) return `record format ${magic} (only 2 is read)`;
  if (end < at + AT.records) return "a batch shorter than its header";
  if (end > records.length) return null;
  const crc = crc32c(records.subarray(at + AT.attributes, end)) >>> 0;
  return crc === records.readUInt32BE(at + AT.crc) ? null : "checksum does not match";
}

function sectionAt(records: Buffer, at: number, end: number): Section {
  const attributes = records.readInt16BE(at + AT.attributes);
  const baseOffset = readInt64(records, at + AT.baseOffset);
  const codec = attributes & ATTRIBUTE.codec;
  const stored = codec === CODEC.lz4 ? storedBytes(records, at + AT.records, end) : null;
  return {
    at: stored === null ? at + AT.records : stored.at,
    end: stored === null ? end : stored.end,
    count: records.readInt32BE(at + AT.count),
    codec: stored === null ? codec : CODEC.none,
    baseOffset,
    lastOffset: baseOffset + records.readInt32BE(at + AT.lastOffsetDelta),
    baseTimestamp: readInt64(records, at + AT.baseTimestamp),
    appendedAt: attributes & ATTRIBUTE.logAppendTime ? readInt64(records, at + AT.maxTimestamp) : -1,
  };
}

const ABORT = 0;

/** The key of a marker is two int16: version and type. Only asked of control batches: a user's key may look the same. */
function isAbortMarker(records: Buffer, section: Section): boolean {
  let at = section.at;
  const skipVarint = (): void => {
    while (at < section.end && records.readUInt8(at) & 128) at++;
    at++;
  };
  skipVarint(); // length of the record
  at++; // attributes
  skipVarint(); // timestamp
  skipVarint(); // offset
  skipVarint(); // length of the key
  return at + 4 <= section.end && records.readInt16BE(at + 2) === ABORT;
}
