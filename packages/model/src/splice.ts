import { viewOver, type Batch, type HeaderColumn, type Slices, type Tails } from "@weir/record";
import type { PredictionText } from "./prediction-text.ts";
import type { Predictions } from "./scores.ts";

/** The predictions of one batch: `of[row]` is the row of `predictions`, -1 where the row of the batch has none. */
export interface Placed {
  readonly predictions: Predictions;
  readonly of: Int32Array;
  /** Where every row has a prediction, in the order of the rows: the row of the first; else null. */
  readonly first: number | null;
}

export function place(predictions: Predictions, of: Int32Array): Placed {
  const first = of[0] ?? 0;
  let row = 0;
  while (row < of.length && of[row] === first + row) row++;
  return { predictions, of, first: first >= 0 && row === of.length ? first : null };
}

const OPEN = 123;
const CLOSE = 125;
const COMMA = 44;

/** Position of the brace that ends the object, -1 where the bytes end otherwise. JSON's white space may follow it. */
export function closingBrace(bytes: Uint8Array, at: number, length: number): number {
  const end = skipSpaceBack(bytes, at + length - 1, at);
  return end >= at && bytes[end] === CLOSE ? end : -1;
}

function skipSpaceBack(bytes: Uint8Array, from: number, stop: number): number {
  let i = from;
  while (i >= stop && (bytes[i] === 32 || bytes[i] === 10 || bytes[i] === 13 || bytes[i] === 9)) i--;
  return i;
}

/** Can a row of the batch take another member: does its value, as it would be written, end with the brace of an object? */
export function takesMember({ bytes, valueAt, valueLength, added: { tails } }: Batch): (row: number) => boolean {
  const own = (row: number): boolean => {
    const [at, length] = [valueAt[row]!, valueLength[row]!]; // row < count, as all here
    return length > 0 && (bytes[at + length - 1] === CLOSE || closingBrace(bytes, at, length) >= 0);
  };
  if (tails === null) return own;
  return (row) => (tails.length[row]! < 0 ? own(row) : closingBrace(tails.bytes, tails.at[row]!, tails.length[row]!) >= 0);
}

/**
 * The tails that put each prediction as the last member into its record's value, before the closing brace; what followed
 * the brace still does. A tail that an earlier stage of the chain has added is continued. Rows without a prediction keep
 * the tail that they had.
 */
export function splicePredictions(batch: Batch, placed: Placed, text: PredictionText): Tails {
  const made = batch.added.tails === null && batch.count >= FEWEST_ROWS ? membersOf(placed, text) : null;
  return made === null ? spliceEach(batch, placed, text) : spliceMembers(batch, placed, text, made);
}

/** Fewer predictions are not worth the way into the kernel's memory. */
const FEWEST_ROWS = 32;

/** The predictions of a batch as texts: those from `first` on. */
interface Members extends Slices {
  readonly first: number;
}

/** Null where the predictions lie so far apart that they had better be written one by one. */
function membersOf({ predictions, of, first: whole }: Placed, text: PredictionText): Members | null {
  if (whole !== null) return { first: whole, ...text.members(predictions, whole, whole + of.length) };
  let first = predictions.count;
  let last = -1;
  for (let row = 0; row < of.length; row++) {
    const index = of[row]!; // row < length
    if (index < 0) continue;
    if (index < first) first = index;
    if (index > last) last = index;
  }
  return last - first >= 2 * of.length ? null : { first, ...text.members(predictions, first, Math.max(first, last + 1)) };
}

/** Values that end with their brace take the text as it is, or without its comma; the others are spliced by themselves. */
function spliceMembers(batch: Batch, placed: Placed, text: PredictionText, made: Members): Tails {
  const { of } = placed;
  const { count, bytes, valueAt, valueLength } = batch;
  const { first, at: madeAt, length: madeLength } = made;
  const at = new Int32Array(count);
  const length = new Int32Array(count).fill(-1);
  const keep = new Int32Array(count);
  const others: number[] = [];
  for (let row = 0; row < count; row++) {
    const index = of[row]! - first; // row < count, here and below
    if (of[row]! < 0) continue;
    const kept = valueLength[row]! - 1;
    const brace = valueAt[row]! + kept;
    const before = bytes[brace - 1]!; // an object has two braces
    const written = madeLength[index]!; // one of the predictions of the batch, as below
    if (bytes[brace] !== CLOSE || before <= 32 || written === 0) {
      others.push(row);
      continue;
    }
    const comma = before === OPEN ? 1 : 0;
    at[row] = madeAt[index]! + comma;
    length[row] = written - comma;
    keep[row] = kept;
  }
  if (others.length === 0) return { bytes: made.bytes, at, length, keep };
  const rest = spliceEach(batch, place(placed.predictions, only(of, others)), text);
  const joined = new Uint8Array(made.bytes.length + rest.bytes.length);
  joined.set(made.bytes);
  joined.set(rest.bytes, made.bytes.length);
  for (const row of others) {
    at[row] = made.bytes.length + rest.at[row]!; // row < count, as all below
    length[row] = rest.length[row]!;
    keep[row] = rest.keep[row]!;
  }
  return { bytes: joined, at, length, keep };
}

/** -1 but for some rows. */
function only(of: Int32Array, rows: readonly number[]): Int32Array {
  const kept = new Int32Array(of.length).fill(-1);
  for (const row of rows) kept[row] = of[row]!; // one of its rows
  return kept;
}

function spliceEach(batch: Batch, placed: Placed, text: PredictionText): Tails {
  const { of } = placed;
  const at = new Int32Array(batch.count);
  const length = new Int32Array(batch.count).fill(-1);
  const keep = new Int32Array(batch.count);
  const old = batch.added.tails;
  const bytes = new Uint8Array(boundOf(batch, of, text));
  const target = { bytes, view: viewOver(bytes) };
  let to = 0;
  for (let row = 0; row < batch.count; row++) {
    at[row] = to;
    const oldLength = old ? old.length[row]! : -1; // row < count, here and below
    const source = old && oldLength >= 0 ? old.bytes : batch.bytes;
    const from = old && oldLength >= 0 ? old.at[row]! : batch.valueAt[row]!;
    const until = from + (oldLength >= 0 ? oldLength : batch.valueLength[row]!);
    keep[row] = old && oldLength >= 0 ? old.keep[row]! : 0;
    if (of[row]! < 0) {
      if (oldLength >= 0) to = copy(source, from, until, bytes, to);
    } else {
      const brace = closingBrace(source, from, until - from); // there is one: `takesMember`
      if (oldLength >= 0) to = copy(source, from, brace, bytes, to);
      else keep[row] = brace - from;
      if (source[skipSpaceBack(source, brace - 1, from)] !== OPEN) bytes[to++] = COMMA;
      to = text.write(placed.predictions, of[row]!, target, to);
      to = copy(source, brace, until, bytes, to);
    }
    if (to > at[row]!) length[row] = to - at[row]!;
  }
  return { bytes: bytes.subarray(0, to), at, length, keep };
}

/** A comma, the prediction and what follows the kept part of the value: the brace with its white space, or an old tail. */
function boundOf(batch: Batch, of: Int32Array, text: PredictionText): number {
  const old = batch.added.tails;
  let size = 0;
  for (let row = 0; row < batch.count; row++) {
    const oldLength = old ? old.length[row]! : -1; // row < count, here and below
    if (oldLength >= 0) size += oldLength;
    else if (of[row]! >= 0) {
      const from = batch.valueAt[row]!;
      const until = from + batch.valueLength[row]!;
      size += until - closingBrace(batch.bytes, from, until - from);
    }
    if (of[row]! >= 0) size += 1 + text.maxBytes;
  }
  return size;
}

function copy(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): number {
  for (let i = start; i < end; i++) to[at++] = from[i]!; // within the slice
  return at;
}

/** The predictions as a header, for values that cannot take a member. */
export function predictionHeader(name: string, placed: Placed, text: PredictionText): HeaderColumn {
  const { of, predictions } = placed;
  const at = new Int32Array(of.length);
  const length = new Int32Array(of.length).fill(-1);
  const bytes = new Uint8Array(of.length * text.maxBytes);
  const target = { bytes, view: viewOver(bytes) };
  let to = 0;
  for (let row = 0; row < of.length; row++) {
    if (of[row]! < 0) continue; // row < length, here and below
    const end = text.write(predictions, of[row]!, target, to);
    at[row] = to + text.nameBytes;
    length[row] = end - at[row]!;
    to = end;
  }
  return { name, bytes: bytes.subarray(0, to), at, length };
}
