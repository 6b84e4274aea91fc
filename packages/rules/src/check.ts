import { columnKey, type FieldRequest, type ReadResult } from "@weir/contract";
import { OTHER, type Batch, type Column } from "@weir/record";
import type { Repeats } from "./unique/lane-keys.ts";

/** A batch with what was read from it. */
export interface BatchView {
  readonly batch: Batch;
  readonly read: ReadResult;
  /** What rules `unique` found, by their name. */
  readonly repeats: ReadonlyMap<string, Repeats>;
}

/** One rule applied to rows: a kernel over columns. */
export interface RowCheck {
  readonly requests: readonly FieldRequest[];
  /** Writes a row code for every row of the batch. Rows that failed their contract are judged by what could be read of them. */
  run(view: BatchView, codes: Uint8Array): void;
  /** Could what the rule looks at be read from a row that failed its contract? */
  readable(view: BatchView): (row: number) => boolean;
  /** What was seen and what was allowed; only for rows that broke the rule. */
  explain(view: BatchView, row: number): string;
}

export function columnOf(view: BatchView, request: FieldRequest): Column {
  const column = view.read.columns.get(columnKey(request));
  if (!column) throw new Error(`the reader did not fill ${columnKey(request)}`);
  return column;
}

/** Has the row a value of the column's type, or none? */
export function isNotOther({ presence }: Column): (row: number) => boolean {
  return (row) => presence[row] !== OTHER;
}

/** The value of a row as people are shown it. */
export function shownValue(column: Column, row: number): string {
  switch (column.kind) {
    case "number":
      return String(column.values[row]);
    case "boolean":
      return column.values[row] === 1 ? "true" : "false";
    case "string":
      return quoted(column.dictionary[column.codes[row] ?? -1] ?? "");
    case "slices":
      return quoted(decoder.decode(column.bytes.subarray(column.at[row], column.at[row]! + Math.max(0, column.length[row]!)))); // row < count
    case "vector":
      return `${column.width} numbers`;
  }
}

const decoder = new TextDecoder();
const SHOWN_CHARACTERS = 40;

function quoted(text: string): string {
  return JSON.stringify(text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text);
}
