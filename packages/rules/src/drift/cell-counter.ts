import type { FieldRequest } from "@weir/contract";
import { ABSENT, NULL, OTHER, PRESENT, type Column } from "@weir/record";
import type { BaselineColumn, CategoryColumnBaseline, NumberColumnBaseline } from "./baseline.ts";

/** Adds rows up in cells: integers, so that any split and any order of the records give the same. */
export interface CellCounter {
  readonly request: FieldRequest;
  readonly size: number;
  /** Adds the rows from `first` to before `end` that are `counted` to `cells[at …]`. */
  count(rows: CountedRows, cells: Float64Array, at: number): void;
}

export interface CountedRows {
  /** Of the counter's request. */
  readonly column: Column;
  /** 1 for rows that count. */
  readonly counted: Uint8Array;
  readonly first: number;
  readonly end: number;
}

/** No cell: a value of another type than the column's, which the contract reports. */
const NOWHERE = -1;

/** Counts a field over the cells of its baseline. */
export function cellCounter(pointer: string, column: BaselineColumn, as: "string" | "boolean" = "string"): CellCounter {
  return column.kind === "number" ? numberCounter(pointer, column) : categoryCounter({ pointer, as }, column);
}

function numberCounter(pointer: string, baseline: NumberColumnBaseline): CellCounter {
  const request: FieldRequest = { pointer, as: "number" };
  const { min, max } = baseline;
  const edges = Float64Array.from(baseline.edges);
  const over = edges.length + 2;
  const nullCell = baseline.cells.indexOf("null");
  const nanCell = baseline.cells.includes("nan") ? baseline.cells.indexOf("nan") : nullCell;
  return {
    request,
    size: baseline.cells.length,
    count: ({ column, counted, first, end }, cells, at) => {
      if (column.kind !== "number") return;
      const { values, presence } = column;
      for (let row = first; row < end; row++) {
        if (counted[row] === 0) continue;
        const x = values[row]!; // row < end, within the batch
        let cell = 1;
        if (x >= min && x <= max) for (let i = 0; i < edges.length; i++) cell += x > edges[i]! ? 1 : 0; // i < length
        else if (x < min) cell = 0;
        else if (x > max) cell = over;
        else cell = presence[row] === PRESENT ? nanCell : presence[row] === OTHER ? NOWHERE : nullCell;
        if (cell >= 0) cells[at + cell]!++; // cells are below the size
      }
    },
  };
}

function categoryCounter(request: FieldRequest, baseline: CategoryColumnBaseline): CellCounter {
  const cellOf = categoryCells(baseline);
  const nullCell = baseline.cells.indexOf("null");
  const known = new WeakMap<readonly string[], Int32Array>();
  const cellsOf = (dictionary: readonly string[]): Int32Array => {
    const found = known.get(dictionary);
    // Dictionaries may grow while they are used by later batches.
    if (found && found.length === dictionary.length) return found;
    const made = Int32Array.from(dictionary, cellOf);
    known.set(dictionary, made);
    return made;
  };
  return {
    request,
    size: baseline.cells.length,
    count: ({ column, counted, first, end }, cells, at) => {
      const { presence } = column;
      const { codes, cellByCode } = codesOf(column, cellsOf);
      for (let row = first; row < end; row++) {
        if (counted[row] === 0) continue;
        const p = presence[row];
        const cell = p === PRESENT ? cellByCode[codes[row]!]! : p === NULL || p === ABSENT ? nullCell : NOWHERE; // codes are within the dictionary
        if (cell >= 0) cells[at + cell]!++; // cells are below the size
      }
    },
  };
}

const BOOLEANS = ["false", "true"];

function codesOf(
  column: Column,
  cellsOf: (dictionary: readonly string[]) => Int32Array,
): { codes: Int32Array | Uint8Array; cellByCode: Int32Array } {
  if (column.kind === "string") return { codes: column.codes, cellByCode: cellsOf(column.dictionary) };
  if (column.kind === "boolean") return { codes: column.values, cellByCode: cellsOf(BOOLEANS) };
  throw new Error(`a ${column.kind} column has no categories`);
}

/** Where a category is counted: its own cell, that of the known others, or that of the unseen. Files without `unseen` call all of them `other`. */
function categoryCells(baseline: CategoryColumnBaseline): (value: string) => number {
  const own = new Map(baseline.values.map((value, i) => [value, i]));
  const others = new Set(baseline.others);
  const [other, unseen] = [baseline.cells.indexOf("other"), baseline.cells.indexOf("unseen")];
  return (value) => own.get(value) ?? (others.has(value) || unseen < 0 ? other : unseen);
}
