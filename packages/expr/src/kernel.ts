import { ABSENT, NULL, PRESENT, type Column } from "@weir/record";
import { FALSE, RAISED, TRUE, type Kernel } from "./expression.ts";
import type { Literal } from "./literal.ts";
import type { Comparison, Plan, Planned } from "./plan.ts";

type Decide = (columns: readonly Column[], count: number) => Uint8Array;

/** Runs a plan over columns: one pass per operation, CEL's three-valued logic in tables. */
export function createKernel({ plan, reads }: Planned): Kernel {
  const decide = decider(plan);
  const run = (columns: readonly Column[], count: number): Uint8Array => {
    reads.forEach((read, i) => {
      const kind = columns[i]?.kind;
      if (kind !== read.as) throw new Error(`the kernel reads ${read.path} as a column of kind ${read.as} and was given ${kind ?? "none"}`);
    });
    return decide(columns, count);
  };
  return { reads, run };
}

function decider(plan: Plan): Decide {
  switch (plan.op) {
    case "constant":
      return (_, count) => new Uint8Array(count).fill(plan.value ? TRUE : FALSE);
    case "has":
      return (columns, count) => hasRows(columns[plan.column]!, count); // kinds checked by run, here and below
    case "flag":
      return (columns, count) => comparisonRows(columns[plan.column]!, count, "==", true, RAISED);
    case "compare":
      return (columns, count) =>
        comparisonRows(columns[plan.column]!, count, plan.comparison, plan.literal, whenNull(plan.comparison, plan.literal));
    case "pair":
      return (columns, count) => pairRows(columns[plan.left]!, columns[plan.right]!, count, plan.comparison);
    case "in":
      return (columns, count) => membershipRows(columns[plan.column]!, count, plan.list);
    case "not": {
      const of = decider(plan.of);
      return (columns, count) => negate(of(columns, count));
    }
    case "and":
    case "or": {
      const left = decider(plan.left);
      const right = decider(plan.right);
      const table = plan.op === "and" ? AND : OR;
      return (columns, count) => combine(left(columns, count), right(columns, count), table);
    }
  }
}

// By 3 * left + right; an error is absorbed by what decides without it.
const AND = Uint8Array.of(FALSE, FALSE, FALSE, FALSE, TRUE, RAISED, FALSE, RAISED, RAISED);
const OR = Uint8Array.of(FALSE, TRUE, RAISED, TRUE, TRUE, TRUE, RAISED, TRUE, RAISED);

function combine(left: Uint8Array, right: Uint8Array, table: Uint8Array): Uint8Array {
  for (let row = 0; row < left.length; row++) left[row] = table[3 * left[row]! + right[row]!]!; // both have a value per row, and the table nine
  return left;
}

function negate(rows: Uint8Array): Uint8Array {
  for (let row = 0; row < rows.length; row++) if (rows[row] !== RAISED) rows[row] = 1 - rows[row]!; // row < length
  return rows;
}

function hasRows(column: Column, count: number): Uint8Array {
  const rows = new Uint8Array(count);
  for (let row = 0; row < count; row++) rows[row] = column.presence[row] === ABSENT ? FALSE : TRUE;
  return rows;
}

/** Null equals null only and has no order. */
function whenNull(comparison: Comparison, literal: Literal): number {
  if (comparison === "==") return literal === null ? TRUE : FALSE;
  if (comparison === "!=") return literal === null ? FALSE : TRUE;
  return RAISED;
}

/** What a row without a value decides: null as told, everything else raises. */
function withoutValue(presence: number | undefined, ifNull: number): number {
  return presence === NULL ? ifNull : RAISED;
}

function comparisonRows(column: Column, count: number, comparison: Comparison, literal: Literal, ifNull: number): Uint8Array {
  const rows = new Uint8Array(count);
  if (literal === null) rows.fill(comparison === "!=" ? TRUE : FALSE);
  else if (column.kind === "string" && typeof literal === "string")
    lookUpRows(
      rows,
      column.codes,
      column.dictionary.map((text) => holds(comparison, text, literal)),
    );
  else if (column.kind === "number" || column.kind === "boolean") compareNumbers(rows, column.values, comparison, Number(literal));
  else throw new Error(`a ${column.kind} column cannot be compared with ${JSON.stringify(literal)}`);
  return withPresence(rows, column.presence, ifNull);
}

function withPresence(rows: Uint8Array, presence: Uint8Array, ifNull: number): Uint8Array {
  for (let row = 0; row < rows.length; row++) if (presence[row] !== PRESENT) rows[row] = withoutValue(presence[row], ifNull);
  return rows;
}

function lookUpRows(rows: Uint8Array, codes: Int32Array, table: readonly boolean[]): void {
  for (let row = 0; row < rows.length; row++) rows[row] = table[codes[row]!] === true ? TRUE : FALSE; // a code per row
}

/** The operator is chosen once per batch, not per row. */
function compareNumbers(rows: Uint8Array, values: ArrayLike<number>, comparison: Comparison, literal: number): void {
  const count = rows.length;
  switch (comparison) {
    case "<":
      for (let row = 0; row < count; row++) rows[row] = values[row]! < literal ? TRUE : FALSE; // a value per row, here and below
      return;
    case "<=":
      for (let row = 0; row < count; row++) rows[row] = values[row]! <= literal ? TRUE : FALSE;
      return;
    case ">":
      for (let row = 0; row < count; row++) rows[row] = values[row]! > literal ? TRUE : FALSE;
      return;
    case ">=":
      for (let row = 0; row < count; row++) rows[row] = values[row]! >= literal ? TRUE : FALSE;
      return;
    case "==":
      for (let row = 0; row < count; row++) rows[row] = values[row] === literal ? TRUE : FALSE;
      return;
    case "!=":
      for (let row = 0; row < count; row++) rows[row] = values[row] !== literal ? TRUE : FALSE;
  }
}

function membershipRows(column: Column, count: number, list: readonly Literal[]): Uint8Array {
  const rows = new Uint8Array(count);
  if (column.kind === "string") {
    const members = new Set(list);
    lookUpRows(
      rows,
      column.codes,
      column.dictionary.map((text) => members.has(text)),
    );
  } else if (column.kind === "number" || column.kind === "boolean") {
    const numbers = Float64Array.from(list, Number);
    for (let row = 0; row < count; row++) rows[row] = numbers.indexOf(column.values[row]!) >= 0 ? TRUE : FALSE; // a value per row; NaN is found nowhere
  }
  return withPresence(rows, column.presence, FALSE);
}

function pairRows(left: Column, right: Column, count: number, comparison: Comparison): Uint8Array {
  const rows = new Uint8Array(count);
  for (let row = 0; row < count; row++) {
    const a = left.presence[row];
    const b = right.presence[row];
    if (a === PRESENT && b === PRESENT) rows[row] = holds(comparison, valueAt(left, row), valueAt(right, row)) ? TRUE : FALSE;
    else if ((a !== PRESENT && a !== NULL) || (b !== PRESENT && b !== NULL)) rows[row] = RAISED;
    else rows[row] = whenNull(comparison, a === b ? null : true);
  }
  return rows;
}

function valueAt(column: Column, row: number): number | string {
  if (column.kind === "string") return column.dictionary[column.codes[row]!] ?? ""; // the row is PRESENT, so its code is in the dictionary
  return column.kind === "slices" || column.kind === "vector" ? "" : column.values[row]!; // row < count; kernels read neither
}

function holds(comparison: Comparison, a: number | string, b: number | string): boolean {
  switch (comparison) {
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
    case "==":
      return a === b;
    case "!=":
      return a !== b;
  }
}
