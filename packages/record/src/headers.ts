import type { Slices } from "./column.ts";
import { readVarint, type Cursor } from "./varint.ts";

/** One header; Kafka allows duplicates, any order and null values. */
export interface Header {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** One header for every row of a batch: `length` -1 where a row does not get it. */
export interface HeaderColumn extends Slices {
  readonly name: string;
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Reads `count` headers in Kafka's layout (varint key length, key, varint value length or -1, value) from `at`. */
export function readHeaders(bytes: Uint8Array, at: number, count: number): Header[] {
  const cursor: Cursor = { at };
  const headers: Header[] = [];
  for (let i = 0; i < count; i++) {
    const keyLength = readVarint(bytes, cursor);
    const key = decoder.decode(bytes.subarray(cursor.at, cursor.at + keyLength));
    cursor.at += keyLength;
    const valueLength = readVarint(bytes, cursor);
    const value = valueLength < 0 ? null : bytes.subarray(cursor.at, cursor.at + valueLength);
    cursor.at += Math.max(valueLength, 0);
    headers.push({ key, value });
  }
  return headers;
}

/** The same text for every row. */
export function constantHeader(name: string, text: string, count: number): HeaderColumn {
  const bytes = encoder.encode(text);
  return { name, bytes, at: new Int32Array(count), length: new Int32Array(count).fill(bytes.length) };
}

/** One of few texts a row: `texts[codes[row]]`, none where the code is -1. */
export function dictionaryHeader(name: string, texts: readonly string[], codes: Int32Array): HeaderColumn {
  const parts = texts.map((t) => encoder.encode(t));
  const starts: number[] = [];
  let size = 0;
  for (const part of parts) {
    starts.push(size);
    size += part.length;
  }
  const bytes = new Uint8Array(size);
  parts.forEach((part, i) => bytes.set(part, starts[i])); // parallel
  const at = new Int32Array(codes.length);
  const length = new Int32Array(codes.length);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row]!; // row < length
    at[row] = code < 0 ? 0 : starts[code]!; // codes are within the dictionary
    length[row] = code < 0 ? -1 : parts[code]!.length;
  }
  return { name, bytes, at, length };
}

/** Text of the first header of that name, null if there is none or its value is null. */
export function headerText(headers: readonly Header[], key: string): string | null {
  const found = headers.find((h) => h.key === key);
  return found?.value ? decoder.decode(found.value) : null;
}
