import type { FieldRequest } from "@weir/contract";
import { PRESENT, OTHER } from "@weir/record";
import { columnOf, isNotOther, shownValue, type RowCheck } from "./check.ts";
import { amongTest, valueCheck } from "./field-check.ts";
import { BROKEN, FINE, MISSING } from "./row-code.ts";

export type ValueType = "string" | "number" | "integer" | "boolean";

/** Is the value of the type? */
export function typeCheck(pointer: string, type: ValueType): RowCheck {
  const as = type === "string" ? "slices" : type === "boolean" ? "boolean" : "number";
  return valueCheck({
    pointer,
    parts: [
      {
        request: { pointer, as },
        test: (column, count, right) => {
          if (type !== "integer" || column.kind !== "number") return void right.fill(1, 0, count);
          for (let row = 0; row < count; row++) right[row] = Number.isInteger(column.values[row]) ? 1 : 0;
        },
      },
    ],
    allowed: `of type ${type}`,
  });
}

/** Rows with one value are the broken ones; values of other types are none. */
export function sentinelCheck(pointer: string, value: string | number): RowCheck {
  const request: FieldRequest = { pointer, as: typeof value === "number" ? "number" : "string" };
  const hit = amongTest(new Set([value]));
  return {
    requests: [request],
    run: (view, codes) => {
      const column = columnOf(view, request);
      const { count } = view.batch;
      const hits = new Uint8Array(count);
      hit(column, count, hits);
      for (let row = 0; row < count; row++) {
        const presence = column.presence[row];
        codes[row] = presence === PRESENT ? (hits[row] === 1 ? BROKEN : FINE) : presence === OTHER ? FINE : MISSING;
      }
    },
    readable: (view) => isNotOther(columnOf(view, request)),
    explain: () => `${pointer} is ${JSON.stringify(value)}`,
  };
}

export interface Freshness {
  readonly pointer: string;
  readonly unit?: "s" | "ms";
  /** Milliseconds. */
  readonly maxAge: number;
  readonly maxFuture: number;
}

/** Is the time of the field near the record's own timestamp? Both are in the log, so the answer never changes. */
export function freshnessCheck({ pointer, unit, maxAge, maxFuture }: Freshness): RowCheck {
  const request: FieldRequest = { pointer, as: "time", ...(unit && { unit }) };
  return {
    requests: [request],
    run: (view, codes) => {
      const column = columnOf(view, request);
      const { count, timestamp } = view.batch;
      for (let row = 0; row < count; row++) {
        const presence = column.presence[row];
        if (presence !== PRESENT || column.kind !== "number") codes[row] = presence === OTHER ? BROKEN : MISSING;
        else {
          const age = timestamp[row]! - column.values[row]!; // row < count
          codes[row] = age <= maxAge && -age <= maxFuture ? FINE : BROKEN;
        }
      }
    },
    readable: (view) => isNotOther(columnOf(view, request)),
    explain: (view, row) => {
      const column = columnOf(view, request);
      if (column.kind !== "number" || column.presence[row] !== PRESENT) return `${pointer} is no time`;
      const age = view.batch.timestamp[row]! - column.values[row]!; // row < count
      const seen = age < 0 ? `${-age} ms ahead of` : `${age} ms before`;
      return `${pointer} (${shownValue(column, row)}) is ${seen} the record's timestamp, allowed: ${maxAge} ms before to ${maxFuture} ms ahead`;
    },
  };
}
