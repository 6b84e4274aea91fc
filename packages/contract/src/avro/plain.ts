import { childPointer } from "../request.ts";
import { MAX_VIOLATIONS, type Violation } from "../result.ts";
import { base64, isUtf8, readBigLong, readInt, readLength, readLong, skipBytes, type Cursor } from "./bytes.ts";
import type { Reading, RecordReading } from "./resolve.ts";
import { defaultValue } from "./default.ts";

/** Why bytes are not what the writer's schema says. */
export class AvroFault extends Error {}

/** Most items of an array that take no bytes: their number alone says how many there are. */
export const MOST_EMPTY = 65_536;

export interface PlainOptions {
  readonly maxDepth: number;
  /** Longs as bigints; else the nearest doubles, as JSON.parse reads them. */
  readonly exactLongs?: boolean;
}

export interface PlainValue {
  readonly value: unknown;
  readonly violations: readonly Violation[];
}

interface Walk extends PlainOptions {
  readonly cursor: Cursor;
  readonly violations: Violation[];
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const stacks: ErrorConstructor & { stackTraceLimit?: number | undefined } = Error;

/**
 * The value as JSON would have it, exact and slow: unions are their values, bytes base64. Reads to the end of the cursor.
 * @throws {AvroFault} without a stack, which takes longer to make than everything else
 */
export function readPlain(cursor: Cursor, reading: Reading, options: PlainOptions): PlainValue {
  const { stackTraceLimit } = stacks;
  stacks.stackTraceLimit = 0;
  try {
    const walk: Walk = { ...options, cursor, violations: [] };
    const value = plain(walk, reading, "");
    if (cursor.at !== cursor.end) throw new AvroFault(`${cursor.end - cursor.at} bytes follow the record`);
    return { value, violations: walk.violations };
  } finally {
    stacks.stackTraceLimit = stackTraceLimit;
  }
}

function broken(pointer: string, what: string): never {
  throw new AvroFault(`${pointer || "the record"}: ${what}`);
}

function violate({ violations }: Walk, violation: Violation): void {
  if (violations.length < MAX_VIOLATIONS) violations.push(violation);
}

function plain(walk: Walk, reading: Reading, pointer: string): unknown {
  const { cursor } = walk;
  switch (reading.kind) {
    case "null":
      return null;
    case "boolean":
      return plainBoolean(cursor, pointer);
    case "number":
      return plainNumber(walk, reading, pointer);
    case "text":
      return plainText(cursor, pointer);
    case "bytes":
      return base64(take(cursor, readLength(cursor), pointer));
    case "fixed":
      return base64(take(cursor, reading.size, pointer));
    case "enum": {
      const at = readInt(cursor);
      const written = reading.written[at];
      if (written === undefined) broken(pointer, `the enum has no symbol ${Number.isNaN(at) ? "like this" : at}`);
      const symbol = reading.symbols[at]!; // parallel
      if (symbol === null) violate(walk, { pointer, keyword: "enum", message: `must be one of the contract's symbols, not ${written}` });
      return symbol ?? written;
    }
    case "union": {
      const at = readLong(cursor);
      const branch = reading.branches[at];
      return branch === undefined
        ? broken(pointer, `the union has no branch ${Number.isNaN(at) ? "like this" : at}`)
        : plain(walk, branch, pointer);
    }
    case "unfit": {
      violate(walk, { pointer, keyword: "type", message: reading.why });
      return plain(walk, reading.written, pointer);
    }
    default:
      return nested(walk, reading, pointer);
  }
}

function nested(walk: Walk, reading: Extract<Reading, { kind: "array" | "map" | "record" }>, pointer: string): unknown {
  const { cursor } = walk;
  if (++cursor.depth > walk.maxDepth) broken(pointer, `it is nested deeper than ${walk.maxDepth}`);
  const value =
    reading.kind === "record"
      ? plainRecord(walk, reading, pointer)
      : reading.kind === "array"
        ? plainArray(walk, reading.items, pointer)
        : plainMap(walk, reading.values, pointer);
  cursor.depth--;
  return value;
}

function plainBoolean(cursor: Cursor, pointer: string): boolean {
  const byte = cursor.at < cursor.end ? cursor.bytes[cursor.at++] : undefined;
  return byte === 0 || byte === 1 ? byte === 1 : broken(pointer, "a boolean is a byte of 0 or 1");
}

function plainNumber({ cursor, exactLongs }: Walk, { from, rounds }: Extract<Reading, { kind: "number" }>, pointer: string): unknown {
  if (from === "long" && exactLongs) return readBigLong(cursor) ?? broken(pointer, "it is no long");
  if (from === "int" || from === "long") {
    const value = from === "int" ? readInt(cursor) : readLong(cursor);
    if (Number.isNaN(value)) broken(pointer, `it is no ${from}`);
    return rounds ? Math.fround(value) : value;
  }
  const at = cursor.at;
  if (!skipBytes(cursor, from === "float" ? 4 : 8)) broken(pointer, `it is cut off in a ${from}`);
  return from === "float" ? cursor.view.getFloat32(at, true) : cursor.view.getFloat64(at, true);
}

function plainText(cursor: Cursor, pointer: string): string {
  const bytes = take(cursor, readLength(cursor), pointer);
  return isUtf8(cursor, cursor.at - bytes.length, cursor.at) ? decoder.decode(bytes) : broken(pointer, "the text is not UTF-8");
}

function take(cursor: Cursor, length: number, pointer: string): Uint8Array {
  const at = cursor.at;
  if (length < 0 || !skipBytes(cursor, length)) broken(pointer, "its length is none, or more than what is left");
  return cursor.bytes.subarray(at, cursor.at);
}

function plainRecord(walk: Walk, { fields, defaults, missing }: RecordReading, pointer: string): unknown {
  const record: Record<string, unknown> = {};
  for (const name of missing)
    violate(walk, { pointer: childPointer(pointer, name), keyword: "required", message: "must be there: the writer's schema has no such field, the contract's no default" }); // prettier-ignore
  for (const { name, reading } of fields) {
    const value = plain(walk, reading, childPointer(pointer, name ?? "(unknown)"));
    if (name !== null) record[name] = value;
  }
  for (const { name, type, json } of defaults) record[name] = defaultValue(type, json);
  return record;
}

function plainArray(walk: Walk, items: Reading, pointer: string): unknown[] {
  const array: unknown[] = [];
  const { cursor } = walk;
  const from = cursor.at;
  for (let count = blockCount(cursor, pointer); count !== 0; count = blockCount(cursor, pointer)) {
    for (let i = 0; i < count; i++) {
      array.push(plain(walk, items, childPointer(pointer, array.length)));
      if (array.length > MOST_EMPTY + cursor.at - from) broken(pointer, `more than ${MOST_EMPTY} items take no bytes`);
    }
  }
  return array;
}

function plainMap(walk: Walk, values: Reading, pointer: string): unknown {
  const map: Record<string, unknown> = {};
  const { cursor } = walk;
  for (let count = blockCount(cursor, pointer); count !== 0; count = blockCount(cursor, pointer)) {
    for (let i = 0; i < count; i++) {
      const key = plainText(cursor, pointer);
      const value = plain(walk, values, childPointer(pointer, key));
      // An own property whatever its name, as JSON.parse has it.
      Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
    }
  }
  return map;
}

/** How many items follow, 0 at the end; a negative count is followed by the block's bytes, which nobody needs here. */
function blockCount(cursor: Cursor, pointer: string): number {
  const count = readBlock(cursor);
  return Number.isNaN(count) ? broken(pointer, "the number of items cannot be read") : count;
}

export function readBlock(cursor: Cursor): number {
  const count = readLong(cursor);
  return count < 0 && Number.isNaN(readLong(cursor)) ? NaN : Math.abs(count);
}
