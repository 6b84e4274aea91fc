/**
 * Why a row has no value, one byte a row. A byte rather than a bit, because absent and null are different things to the
 * gate and the scan over bytes is as fast.
 */
export const PRESENT = 0;
/** The member is not in the record, or the record could not be read at all. */
export const ABSENT = 1;
/** The member is there and is JSON null. */
export const NULL = 2;
/** The member is there and has another type than the column (possible only where the contract allows it). */
export const OTHER = 3;

/** Numbers and, as milliseconds since 1970 UTC, event times. `values[row]` is NaN unless `presence[row]` is PRESENT. */
export interface NumberColumn {
  readonly kind: "number";
  readonly values: Float64Array;
  readonly presence: Uint8Array;
}

/** Text of few distinct values: `dictionary[codes[row]]`; the code is -1 unless the row is PRESENT. */
export interface StringColumn {
  readonly kind: "string";
  readonly codes: Int32Array;
  readonly dictionary: readonly string[];
  readonly presence: Uint8Array;
}

/** `values[row]` is 1 for true, 0 for false and for rows that are not PRESENT. */
export interface BooleanColumn {
  readonly kind: "boolean";
  readonly values: Uint8Array;
  readonly presence: Uint8Array;
}

/** Text of many distinct values (ids) as UTF-8 ranges into one buffer; length -1 unless PRESENT. */
export interface SliceColumn extends Slices {
  readonly kind: "slices";
  readonly presence: Uint8Array;
}

/**
 * As many numbers a row as `width` says, row behind row, as a model takes them: 32-bit floats, each the nearest to what the record has.
 * Rows that are not PRESENT may hold anything.
 */
export interface VectorColumn {
  readonly kind: "vector";
  readonly width: number;
  readonly values: Float32Array;
  readonly presence: Uint8Array;
}

export type Column = NumberColumn | StringColumn | BooleanColumn | SliceColumn | VectorColumn;

/** One byte range a row, all into one buffer; a length of -1 means none. */
export interface Slices {
  readonly bytes: Uint8Array;
  readonly at: Int32Array;
  readonly length: Int32Array;
}

/** Rows that are taken out of columns, ascending. */
export interface Selection {
  readonly rows: Int32Array;
  /** First row and the row behind the last of each stretch of neighbours; null where stretches are short. */
  readonly stretches: Int32Array | null;
}

/** A stretch has at least so many rows on average: copied as a whole it then costs a fraction of what its rows cost one by one. */
const LEAST_STRETCH = 16;

/** Found once for all columns: where few records of a batch were refused, the others are few stretches. */
export function selectionOf(rows: Int32Array): Selection {
  let count = rows.length === 0 ? 0 : 1;
  for (let i = 1; i < rows.length; i++) if (rows[i]! - rows[i - 1]! !== 1) count++; // i < length, here and below
  if (count * LEAST_STRETCH > rows.length) return { rows, stretches: null };
  const stretches = new Int32Array(2 * count);
  let at = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (i === 0 || row !== stretches[at - 1]) {
      stretches[at++] = row;
      at++;
    }
    stretches[at - 1] = row + 1;
  }
  return { rows, stretches };
}

/** The column for the rows of a selection, in its order. Codes keep their dictionary. */
export function gatherColumn(column: Column, selection: Selection): Column {
  const presence = gather(column.presence, selection, new Uint8Array(selection.rows.length));
  switch (column.kind) {
    case "number":
      return { kind: "number", values: gatherDoubles(column.values, selection), presence };
    case "string":
      return { kind: "string", codes: gatherInts(column.codes, selection), dictionary: column.dictionary, presence };
    case "boolean":
      return { kind: "boolean", values: gather(column.values, selection, new Uint8Array(selection.rows.length)), presence };
    case "slices":
      return { kind: "slices", ...gatherSlices(column, selection), presence };
    case "vector":
      return { kind: "vector", width: column.width, values: gatherVectors(column, selection), presence };
  }
}

export function gatherSlices(slices: Slices, selection: Selection): Slices {
  return { bytes: slices.bytes, at: gatherInts(slices.at, selection), length: gatherInts(slices.length, selection) };
}

export function gatherInts(from: Int32Array, selection: Selection): Int32Array {
  return gather(from, selection, new Int32Array(selection.rows.length));
}

export function gatherDoubles(from: Float64Array, selection: Selection): Float64Array {
  return gather(from, selection, new Float64Array(selection.rows.length));
}

function gatherVectors({ values, width }: VectorColumn, { rows, stretches }: Selection): Float32Array {
  const to = new Float32Array(rows.length * width);
  const ends = stretches ?? Int32Array.from({ length: 2 * rows.length }, (_, i) => rows[i >> 1]! + (i & 1)); // a pair for each row
  let at = 0;
  for (let i = 0; i < ends.length; i += 2) {
    const part = values.subarray(ends[i]! * width, ends[i + 1]! * width); // as above
    to.set(part, at);
    at += part.length;
  }
  return to;
}

function gather<T extends Int32Array | Float64Array | Uint8Array>(from: T, { rows, stretches }: Selection, to: T): T {
  if (stretches === null) {
    for (let i = 0; i < rows.length; i++) to[i] = from[rows[i]!]!; // rows are within the batch
    return to;
  }
  let at = 0;
  for (let i = 0; i < stretches.length; i += 2) {
    const first = stretches[i]!; // a pair for each
    const end = stretches[i + 1]!;
    to.set(from.subarray(first, end), at);
    at += end - first;
  }
  return to;
}
