import type { Header } from "./headers.ts";
import { textBytes } from "./text-bytes.ts";
import { writeVarint, type Cursor } from "./varint.ts";

/** Headers as they are written, in Kafka's layout, without the count that goes before them. */
export interface HeaderBlock {
  readonly bytes: Uint8Array;
  readonly count: number;
}

/** Writes headers in Kafka's layout one behind the other, into memory that grows: those of many records without an object for each. */
export interface HeaderWriter {
  put(name: string, value: Uint8Array | null): void;
  /** The text in UTF-8. */
  putText(name: string, text: string): void;
  /** Headers that were written before. */
  putBlock(block: HeaderBlock): void;
  /** How many bytes have been written so far: where the next header begins. */
  size(): number;
  /** How many headers have been written so far. */
  count(): number;
  /** All that has been written. */
  bytes(): Uint8Array;
}

/** Two lengths of 32 bits as varints. */
const LENGTHS_BYTES = 10;
const FIRST_BYTES = 1024;
/** For parts as short as most headers `set` takes longer than to copy them. */
const SHORT_BYTES = 64;
const LAST_ASCII = 127;

export function createHeaderWriter(capacity: number = FIRST_BYTES): HeaderWriter {
  const cursor: Cursor = { at: 0 };
  let bytes = new Uint8Array(capacity);
  let count = 0;
  const makeRoom = (more: number): void => {
    if (cursor.at + more <= bytes.length) return;
    const bigger = new Uint8Array(Math.max(2 * bytes.length, cursor.at + more));
    bigger.set(bytes.subarray(0, cursor.at));
    bytes = bigger;
  };
  const append = (part: Uint8Array): void => {
    const { at } = cursor;
    if (part.length > SHORT_BYTES) bytes.set(part, at);
    else for (let i = 0; i < part.length; i++) bytes[at + i] = part[i]!; // i < length
    cursor.at = at + part.length;
  };
  const put = (name: string, value: Uint8Array | null): void => {
    const encoded = encodeName(name);
    makeRoom(LENGTHS_BYTES + encoded.length + (value?.length ?? 0));
    writeVarint(bytes, cursor, encoded.length);
    append(encoded);
    writeVarint(bytes, cursor, value?.length ?? -1);
    if (value !== null) append(value);
    count++;
  };
  return {
    put,
    putText: (name, text) => {
      if (text.length > SHORT_BYTES || !isAscii(text)) return put(name, textBytes(text));
      const encoded = encodeName(name);
      makeRoom(LENGTHS_BYTES + encoded.length + text.length);
      writeVarint(bytes, cursor, encoded.length);
      append(encoded);
      writeVarint(bytes, cursor, text.length);
      for (let i = 0; i < text.length; i++) bytes[cursor.at++] = text.charCodeAt(i);
      count++;
    },
    putBlock: (block) => {
      makeRoom(block.bytes.length);
      append(block.bytes);
      count += block.count;
    },
    size: () => cursor.at,
    count: () => count,
    bytes: () => bytes.subarray(0, cursor.at),
  };
}

export function headerBlock(headers: readonly Header[]): HeaderBlock {
  const writer = createHeaderWriter();
  for (const { key, value } of headers) writer.put(key, value);
  return { bytes: writer.bytes(), count: writer.count() };
}

/** The header block in Kafka's layout, without the count that goes before it. */
export function writeHeaders(headers: readonly Header[]): Uint8Array {
  return headers.length === 0 ? NO_BYTES : headerBlock(headers).bytes;
}

const NO_BYTES = new Uint8Array(0);

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > LAST_ASCII) return false;
  return true;
}

const encoder = new TextEncoder();
/** Encoded names: the same few are written again and again. */
const names = new Map<string, Uint8Array>();
const MAX_NAMES = 1000;

function encodeName(name: string): Uint8Array {
  const known = names.get(name);
  if (known) return known;
  const encoded = encoder.encode(name);
  if (names.size < MAX_NAMES) names.set(name, encoded);
  return encoded;
}
