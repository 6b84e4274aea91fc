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

export type Column = NumberColumn | StringColumn | BooleanColumn | SliceColumn;

/** One byte range a row, all into one buffer; a length of -1 means none. */
export interface Slices {
  readonly bytes: Uint8Array;
  readonly at: Int32Array;
  readonly length: Int32Array;
}

/** The column for the rows of a selection, in its order. Codes keep their dictionary. */
export function gatherColumn(column: Column, rows: Int32Array): Column {
  const presence = gatherBytes(column.presence, rows);
  switch (column.kind) {
    case "number":
      return { kind: "number", values: gatherDoubles(column.values, rows), presence };
    case "string":
      return { kind: "string", codes: gatherInts(column.codes, rows), dictionary: column.dictionary, presence };
    case "boolean":
      return { kind: "boolean", values: gatherBytes(column.values, rows), presence };
    case "slices":
      return { kind: "slices", ...gatherSlices(column, rows), presence };
  }
}

export function gatherSlices(slices: Slices, rows: Int32Array): Slices {
  return { bytes: slices.bytes, at: gatherInts(slices.at, rows), length: gatherInts(slices.length, rows) };
}

export function gatherInts(from: Int32Array, rows: Int32Array): Int32Array {
  const to = new Int32Array(rows.length);
  for (let i = 0; i < rows.length; i++) to[i] = from[rows[i]!]!; // rows are within the batch
  return to;
}

export function gatherDoubles(from: Float64Array, rows: Int32Array): Float64Array {
  const to = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) to[i] = from[rows[i]!]!; // rows are within the batch
  return to;
}

function gatherBytes(from: Uint8Array, rows: Int32Array): Uint8Array {
  const to = new Uint8Array(rows.length);
  for (let i = 0; i < rows.length; i++) to[i] = from[rows[i]!]!; // rows are within the batch
  return to;
}
