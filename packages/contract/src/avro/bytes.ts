import { characterEnd } from "../json-bytes.ts";

/** Where the reading of a record's body is. Every read moves `at`, and never beyond `end`. */
export interface Cursor {
  bytes: Uint8Array;
  view: DataView;
  at: number;
  end: number;
  /** Records, arrays and maps that the value being read is in. */
  depth: number;
  /** A number could not be read: NaN is one of those that can. */
  failed: boolean;
  /** Something was read that the contract forbids. */
  violated: boolean;
}

export function createCursor(): Cursor {
  const bytes = new Uint8Array(0);
  return { bytes, view: new DataView(bytes.buffer), at: 0, end: 0, depth: 0, failed: false, violated: false };
}

export function beginBytes(cursor: Cursor, bytes: Uint8Array): void {
  cursor.bytes = bytes;
  cursor.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function beginRecord(cursor: Cursor, at: number, end: number): void {
  cursor.at = at;
  cursor.end = end;
  cursor.depth = 0;
  cursor.failed = false;
  cursor.violated = false;
}

const LONGEST_INT = 5;
const LONGEST_LONG = 10;
/** Of so many bytes a double is exact. */
const DOUBLED = 7;
/** Two halves of a long of more bytes: unsigned low, signed high. */
const HALVES = new Int32Array(2);

/**
 * A zig-zag varint of 64 bits as the nearest double; NaN where there is none: cut off, longer than ten bytes, or more than 64 bits. What
 * is written in more bytes than it needs is taken, as all implementations do.
 */
export function readLong(cursor: Cursor): number {
  const { bytes, end } = cursor;
  const { at } = cursor;
  if (at >= end) return NaN;
  const first = bytes[at]!; // at < end
  if (first < 128) {
    cursor.at = at + 1;
    return (first >>> 1) ^ -(first & 1);
  }
  let low = first & 127;
  let high = 0;
  const last = Math.min(at + DOUBLED, end);
  for (let i = at + 1, shift = 7; i < last; i++, shift += 7) {
    const byte = bytes[i]!; // below end
    if (shift < 28) low |= (byte & 127) << shift;
    else high |= (byte & 127) << (shift - 28);
    if (byte >= 128) continue;
    cursor.at = i + 1;
    const value = (low >>> 1) + high * 134217728; // without the sign, which is the lowest bit
    return (low & 1) === 0 ? value : -value - 1;
  }
  return readHalves(cursor) ? HALVES[1]! * 4294967296 + (HALVES[0]! >>> 0) : NaN; // two cells
}

/** An int is a long of at most five bytes and 32 bits. */
export function readInt(cursor: Cursor): number {
  const from = cursor.at;
  const value = readLong(cursor);
  return value === (value | 0) && cursor.at - from <= LONGEST_INT ? value : NaN;
}

/** The same, exactly; null where there is none. */
export function readBigLong(cursor: Cursor): bigint | null {
  return readHalves(cursor) ? (BigInt(HALVES[1]!) << 32n) | BigInt(HALVES[0]! >>> 0) : null; // two cells
}

/** Whole milliseconds of a count of smaller units (1, 1000 or 1000000 a millisecond), rounded down and exact. */
export function readTicks(cursor: Cursor, ticks: number): number {
  const value = readLong(cursor);
  if (ticks === 1 || Number.isSafeInteger(value)) return Math.floor(value / ticks);
  if (Number.isNaN(value)) return NaN;
  const [low, high] = [HALVES[0]! >>> 0, HALVES[1]!]; // of more bytes than a double is exact for, so both were just read
  const whole = Math.floor(high / ticks);
  return whole * 4294967296 + Math.floor(((high - whole * ticks) * 4294967296 + low) / ticks);
}

function readHalves(cursor: Cursor): boolean {
  const { bytes, end } = cursor;
  let { at } = cursor;
  let [low, middle, high] = [0, 0, 0];
  for (let i = 0; i < LONGEST_LONG && at < end; i++) {
    const byte = bytes[at++]!; // at < end
    const bits = byte & 127;
    if (i < 4) low |= bits << (7 * i);
    else if (i < 8) middle |= bits << (7 * (i - 4));
    else high |= bits << (7 * (i - 8));
    if (byte >= 128) continue;
    if (high > 255) return false; // beyond 64 bits
    cursor.at = at;
    const upper = (middle >>> 4) | (high << 24);
    const lower = low | (middle << 28);
    const sign = -(lower & 1);
    HALVES[0] = ((lower >>> 1) | (upper << 31)) ^ sign;
    HALVES[1] = (upper >>> 1) ^ sign;
    return true;
  }
  return false;
}

/** Moves over a length and gives it; -1 where there is none or fewer bytes follow. */
export function readLength(cursor: Cursor): number {
  const length = readLong(cursor);
  return length >= 0 && length <= cursor.end - cursor.at ? length : -1;
}

/** Moves over so many bytes; false where there are fewer. */
export function skipBytes(cursor: Cursor, length: number): boolean {
  if (length > cursor.end - cursor.at) return false;
  cursor.at += length;
  return true;
}

/** The bit that no byte of ASCII has, in four of them. */
const ASCII = 0x80808080 | 0;

export function isUtf8({ bytes, view }: Pick<Cursor, "bytes" | "view">, from: number, end: number): boolean {
  let at = from;
  while (at + 4 <= end && (view.getInt32(at) & ASCII) === 0) at += 4;
  while (at < end) {
    if (bytes[at]! < 128) at++; // at < end
    else {
      at = characterEnd(bytes, at, end);
      if (at < 0) return false;
    }
  }
  return true;
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Bytes as people and rules see them, RFC 4648 with padding. */
export function base64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const [a, b = 0, c = 0] = bytes.subarray(i, i + 3);
    const bits = (a! << 16) | (b << 8) | c; // i < length
    const left = bytes.length - i;
    text += DIGITS.charAt(bits >>> 18) + DIGITS.charAt((bits >>> 12) & 63);
    text += (left > 1 ? DIGITS.charAt((bits >>> 6) & 63) : "=") + (left > 2 ? DIGITS.charAt(bits & 63) : "=");
  }
  return text;
}
