import type { FieldRequest } from "@weir/contract";
import { ABSENT, NULL, OTHER, PRESENT, type Column } from "@weir/record";
import { columnOf, isNotOther, shownValue, type RowCheck } from "./check.ts";
import { BROKEN, FINE, MISSING } from "./row-code.ts";
import type { Missing } from "./spec.ts";

/** Writes 1 where the value is right, for rows that are PRESENT. */
type Test = (column: Column, count: number, right: Uint8Array) => void;

export interface ValueCheck {
  readonly pointer: string;
  /** One, or several where the allowed values have several types: a row is right if it is so in any. */
  readonly parts: readonly { readonly request: FieldRequest; readonly test: Test }[];
  /** What is allowed, for people: "between 1 and 6000". */
  readonly allowed: string;
}

/** Right, missing (absent or null) or broken; another type than asked for is broken. */
export function valueCheck({ pointer, parts, allowed }: ValueCheck): RowCheck {
  return {
    ...tellingOfValues(
      pointer,
      parts.map((p) => p.request),
      allowed,
    ),
    run: (view, codes) => {
      const { count } = view.batch;
      codes.fill(BROKEN, 0, count);
      for (const { request, test } of parts) {
        const column = columnOf(view, request);
        const { presence } = column;
        const right = new Uint8Array(count);
        test(column, count, right);
        for (let row = 0; row < count; row++) {
          const p = presence[row];
          if (p === PRESENT) codes[row] = right[row] === 1 ? FINE : codes[row]!; // row < count
          else if (p !== OTHER) codes[row] = MISSING;
        }
      }
    },
  };
}

/** What a check of a field's values has beside its kernel; `allowed` is for people. */
export function tellingOfValues(pointer: string, requests: readonly FieldRequest[], allowed: string): Omit<RowCheck, "run"> {
  return {
    requests,
    readable: (view) => {
      const parts = requests.map((request) => isNotOther(columnOf(view, request)));
      return (row) => parts.some((isReadable) => isReadable(row));
    },
    explain: (view, row) => {
      const request = requests.find((r) => columnOf(view, r).presence[row] === PRESENT);
      return `${pointer} is ${request ? shownValue(columnOf(view, request), row) : "of another type"}, allowed: ${allowed}`;
    },
  };
}

export function amongTest(allowed: ReadonlySet<string | number | boolean>): Test {
  return (column, count, right) => {
    for (let row = 0; row < count; row++) {
      if (column.kind === "number") right[row] = allowed.has(column.values[row]!) ? 1 : 0; // row < count
      else if (column.kind === "boolean") right[row] = allowed.has(column.values[row] === 1) ? 1 : 0;
    }
    if (column.kind === "string") textTest((text) => allowed.has(text))(column, count, right);
  };
}

/** A test of text, asked once for every distinct value that occurs in the batch. */
export function textTest(accepts: (text: string) => boolean): Test {
  return (column, count, right) => {
    if (column.kind !== "string") return;
    const { codes, dictionary } = column;
    const known = new Uint8Array(dictionary.length); // 0 not asked yet, 1 no, 2 yes
    for (let row = 0; row < count; row++) {
      const code = codes[row]!; // row < count
      if (code < 0) continue;
      if (known[code] === 0) known[code] = accepts(dictionary[code]!) ? 2 : 1; // codes are within the dictionary
      if (known[code] === 2) right[row] = 1;
    }
  };
}

/** Characters are Unicode code points, as in JSON Schema: bytes that do not continue another. */
export function lengthTest(min: number, max: number): Test {
  return (column, count, right) => {
    if (column.kind !== "slices") return;
    const { bytes, at, length } = column;
    for (let row = 0; row < count; row++) {
      let characters = 0;
      const end = at[row]! + length[row]!; // row < count, here and below
      for (let i = at[row]!; i < end; i++) if ((bytes[i]! & 0xc0) !== 0x80) characters++; // i < end
      if (characters >= min && characters <= max) right[row] = 1;
    }
  };
}

/** Is there a value at all? Missing rows are what `required` refuses and `nullRate` counts. */
export function presenceCheck(request: FieldRequest, missing: Missing = {}): RowCheck {
  const { absent = true, null: isNull = true, sentinels = [] } = missing;
  const set = new Set<string | number | boolean>(sentinels);
  const sentinel = amongTest(set);
  return {
    requests: [request],
    run: (view, codes) => {
      const column = columnOf(view, request);
      const { count } = view.batch;
      for (let row = 0; row < count; row++) {
        const p = column.presence[row];
        codes[row] = (p === ABSENT && absent) || (p === NULL && isNull) ? MISSING : FINE;
      }
      if (set.size === 0) return;
      const hits = new Uint8Array(count);
      sentinel(column, count, hits);
      for (let row = 0; row < count; row++) if (hits[row] === 1 && column.presence[row] === PRESENT) codes[row] = MISSING;
    },
    readable: (view) => isNotOther(columnOf(view, request)),
    explain: (view, row) => {
      const column = columnOf(view, request);
      const p = column.presence[row];
      const seen = p === ABSENT ? "absent" : p === NULL ? "null" : shownValue(column, row);
      return `${request.pointer} is ${seen}, a value is required`;
    },
  };
}
