import { ABSENT, NULL, OTHER, PRESENT, textBytes, type Column } from "@weir/record";
import { beginInterned, codeOf, createInterned, entryOf, hashOf, type Interned } from "./interned.ts";
import { parsePointer, type FieldRequest } from "./request.ts";
import { numericTime, parseTime } from "./time.ts";
import { beginUnknownNames, codeOfNames, createUnknownNames, unknownIn, type UnknownNames } from "./unknown-names.ts";
import type { Values } from "./values.ts";

/** A column that is being filled, for one batch after the other. Which of the arrays are used depends on the kind. */
export interface Target {
  readonly request: FieldRequest;
  readonly path: readonly string[];
  presence: Uint8Array;
  /** number, time */
  values: Float64Array;
  /** vector: numbers a row, and those of all rows */
  readonly width: number;
  vectors: Float32Array;
  /** boolean */
  flags: Uint8Array;
  /** string, unknown: codes; slices: where they begin */
  at: Int32Array;
  /** slices */
  lengths: Int32Array;
  /** slices: text that is not in the bytes as it is, by row */
  unescaped: Map<number, Uint8Array> | null;
  /** string */
  interned: Interned | null;
  /** unknown */
  unknown: UnknownNames | null;
}

const NO_BYTES = new Uint8Array(0);
const NO_INTS = new Int32Array(0);
const NO_DOUBLES = new Float64Array(0);
const NO_FLOATS = new Float32Array(0);

/** `knows`: is a name in the contract? */
export function createTarget(request: FieldRequest, knows: (name: string) => boolean): Target {
  return {
    request,
    path: parsePointer(request.pointer),
    presence: NO_BYTES,
    values: NO_DOUBLES,
    width: request.width ?? 0,
    vectors: NO_FLOATS,
    flags: NO_BYTES,
    at: NO_INTS,
    lengths: NO_INTS,
    unescaped: null,
    interned: request.as === "string" ? createInterned(() => true) : null,
    unknown: request.as === "unknown" ? createUnknownNames(knows) : null,
  };
}

/** All rows ABSENT. */
export function beginTarget(target: Target, count: number): void {
  const as = target.request.as;
  target.presence = new Uint8Array(count).fill(ABSENT);
  target.unescaped = null;
  if (as === "number" || as === "time") target.values = new Float64Array(count).fill(NaN);
  if (as === "vector") target.vectors = new Float32Array(count * target.width);
  if (as === "boolean") target.flags = new Uint8Array(count);
  if (isCoded(as) || as === "slices") target.at = new Int32Array(count).fill(isCoded(as) ? -1 : 0);
  if (as === "slices") target.lengths = new Int32Array(count).fill(-1);
  if (target.interned !== null) beginInterned(target.interned);
  if (target.unknown !== null) beginUnknownNames(target.unknown);
}

function isCoded(as: FieldRequest["as"]): boolean {
  return as === "string" || as === "unknown";
}

/** The finished column; `bytes` is what slices point into. */
export function finishTarget(target: Target, bytes: Uint8Array): Column {
  const presence = target.presence;
  switch (target.request.as) {
    case "number":
    case "time":
      return { kind: "number", values: target.values, presence };
    case "vector":
      return { kind: "vector", width: target.width, values: target.vectors, presence };
    case "boolean":
      return { kind: "boolean", values: target.flags, presence };
    case "string":
      return { kind: "string", codes: target.at, dictionary: target.interned?.dictionary ?? [], presence };
    case "unknown":
      return { kind: "string", codes: target.at, dictionary: target.unknown?.dictionary ?? [], presence };
    case "slices":
      return { kind: "slices", bytes: bytesOfSlices(target, bytes), at: target.at, length: target.lengths, presence };
  }
}

/** The batch's bytes, or, where some text had to be unescaped, a buffer with a copy of every slice. */
function bytesOfSlices(target: Target, bytes: Uint8Array): Uint8Array {
  const unescaped = target.unescaped;
  if (unescaped === null) return bytes;
  let size = 0;
  for (const length of target.lengths) size += Math.max(length, 0);
  const copy = new Uint8Array(size);
  let used = 0;
  for (let row = 0; row < target.at.length; row++) {
    const length = target.lengths[row]!; // row < length, as the next line
    const at = target.at[row]!;
    if (length < 0) continue;
    copy.set(unescaped.get(row) ?? bytes.subarray(at, at + length), used);
    target.at[row] = used;
    used += length;
  }
  return copy;
}

/**
 * Puts a parsed value of the row's record (undefined: the member is not there) into the row. False where a time cannot be read: that breaks the
 * contract of any reader that asks for it.
 */
export function putValue(target: Target, row: number, value: unknown, values: Values): boolean {
  clearRow(target, row);
  if (value === undefined) return true;
  if (target.unknown !== null) {
    putNames(target, row, codeOfNames(target.unknown, unknownIn(target.unknown, value)));
    return true;
  }
  target.presence[row] = value === null ? NULL : OTHER;
  const as = target.request.as;
  if (as === "time") return value === null || putTime(target, row, value);
  if (as === "number" && typeof value === "number" && Number.isFinite(value)) {
    target.values[row] = value;
    target.presence[row] = PRESENT;
  } else if (as === "boolean" && typeof value === "boolean") {
    target.flags[row] = value ? 1 : 0;
    target.presence[row] = PRESENT;
  } else if (as === "vector" && isVector(value, target.width)) {
    target.vectors.set(value, row * target.width);
    target.presence[row] = PRESENT;
  } else if (as === "string" && typeof value === "string") {
    putText(target, row, textBytes(value));
  } else if (as === "slices" && typeof value === "string") {
    putSlice(target, row, textBytes(value), values);
  }
  return true;
}

function isVector(value: unknown, width: number): value is number[] {
  return Array.isArray(value) && value.length === width && value.every((n) => typeof n === "number" && Number.isFinite(Math.fround(n)));
}

export function putNames(target: Target, row: number, code: number): void {
  target.at[row] = code;
  target.presence[row] = code < 0 ? ABSENT : PRESENT;
}

export function clearRow(target: Target, row: number): void {
  target.presence[row] = ABSENT;
  const as = target.request.as;
  if (as === "number" || as === "time") target.values[row] = NaN;
  else if (as === "boolean") target.flags[row] = 0;
  else if (as !== "vector") target.at[row] = isCoded(as) ? -1 : 0;
  if (as === "slices") target.lengths[row] = -1;
}

function putTime(target: Target, row: number, value: unknown): boolean {
  let ms = NaN;
  if (typeof value === "string") {
    const text = textBytes(value);
    ms = parseTime(text, 0, text.length);
  } else if (typeof value === "number" && target.request.unit !== undefined) {
    ms = numericTime(value, target.request.unit);
  }
  if (Number.isNaN(ms)) return false;
  target.values[row] = ms;
  target.presence[row] = PRESENT;
  return true;
}

function putText(target: Target, row: number, text: Uint8Array): void {
  const interned = target.interned!; // string targets have one
  const entry = entryOf(interned, text, 0, text.length, hashOf(text, 0, text.length));
  target.at[row] = codeOf(interned, entry);
  target.presence[row] = PRESENT;
}

/** The same bytes are in the record wherever the text needed no unescaping: then nothing of the batch has to be copied. */
function putSlice(target: Target, row: number, text: Uint8Array, values: Values): void {
  const at = findBytes(values.bytes, values.at[row]!, values.at[row]! + values.length[row]!, text); // row < count
  if (at < 0) {
    target.unescaped ??= new Map();
    target.unescaped.set(row, text);
  }
  target.at[row] = Math.max(at, 0);
  target.lengths[row] = text.length;
  target.presence[row] = PRESENT;
}

function findBytes(bytes: Uint8Array, from: number, end: number, wanted: Uint8Array): number {
  for (let at = from; at + wanted.length <= end; at++) {
    let same = 0;
    while (same < wanted.length && bytes[at + same] === wanted[same]) same++;
    if (same === wanted.length) return at;
  }
  return -1;
}
