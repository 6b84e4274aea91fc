import type { FieldRequest } from "@weir/contract";
import { OTHER, PRESENT } from "@weir/record";
import { columnOf, type RowCheck } from "./check.ts";
import { tellingOfValues } from "./field-check.ts";
import { BROKEN, FINE, MISSING } from "./row-code.ts";

export interface Range {
  readonly pointer: string;
  /** Both are within. */
  readonly min: number;
  readonly max: number;
  /** What is allowed, for people. */
  readonly allowed: string;
}

/** The rule that most fields have: in one pass, where other tests of values take three. */
export function rangeCheck({ pointer, min, max, allowed }: Range): RowCheck {
  const request: FieldRequest = { pointer, as: "number" };
  return {
    ...tellingOfValues(pointer, [request], allowed),
    run: (view, codes) => {
      const column = columnOf(view, request);
      if (column.kind !== "number") throw new Error(`a range was asked of a ${column.kind} column`);
      const { values, presence } = column;
      const { count } = view.batch;
      const [present, other, fine, broken, missing] = [PRESENT, OTHER, FINE, BROKEN, MISSING]; // an imported name is looked up in every row
      for (let row = 0; row < count; row++) {
        const p = presence[row]!; // row < count, as the next line
        const value = values[row]!;
        if (p === present) codes[row] = value >= min && value <= max ? fine : broken;
        else codes[row] = p === other ? broken : missing;
      }
    },
  };
}
