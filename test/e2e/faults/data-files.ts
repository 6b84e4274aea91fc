import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import path from "node:path";

/** How a batch is damaged on the broker's disk. */
export type Damage = "checksum" | "compression" | "codec";

interface BatchAt {
  readonly at: number;
  readonly end: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
}

const GZIP = 1;
const UNKNOWN_CODEC = 7;
const HEADER = 61;
const CRC = 17;
const ATTRIBUTES = 21;

/** Damages the n-th batch of records of a partition in the log file of an embedded broker; gives the offsets it had. */
export function damageBatch(dataDir: string, topic: string, partition: number, n: number, how: Damage): { first: number; last: number } {
  const file = path.join(dataDir, "node-1", "data", `${topic}-${partition}`, `${"0".repeat(20)}.log`);
  const bytes = readFileSync(file);
  const batch = recordBatches(bytes)[n];
  if (batch === undefined) throw new Error(`${topic}-${partition} has no batch ${n}`);
  if (how === "checksum") bytes[batch.end - 3] = (bytes[batch.end - 3] ?? 0) ^ 0x55;
  else {
    const attributes = bytes.readInt16BE(batch.at + ATTRIBUTES) & ~7;
    bytes.writeInt16BE(attributes | (how === "codec" ? UNKNOWN_CODEC : GZIP), batch.at + ATTRIBUTES);
    bytes.writeUInt32BE(crc32c(bytes.subarray(batch.at + ATTRIBUTES, batch.end)), batch.at + CRC);
  }
  const open = openSync(file, "r+"); // in place: the broker goes on with the same file
  writeSync(open, bytes, batch.at, batch.end - batch.at, batch.at);
  closeSync(open);
  return { first: batch.baseOffset, last: batch.lastOffset };
}

/** Without the markers of transactions. */
function recordBatches(bytes: Buffer): BatchAt[] {
  const found: BatchAt[] = [];
  for (let at = 0; at + HEADER <= bytes.length;) {
    const end = at + 12 + bytes.readInt32BE(at + 8);
    if (end <= at + HEADER) break; // preallocated
    const baseOffset = Number(bytes.readBigInt64BE(at));
    const isControl = (bytes.readInt16BE(at + ATTRIBUTES) & 0x20) !== 0;
    if (!isControl) found.push({ at, end, baseOffset, lastOffset: baseOffset + bytes.readInt32BE(at + 23) });
    at = end;
  }
  return found;
}

/** CRC-32C (Castagnoli), bit by bit: the witness of a checksum is not the code that checks it. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
