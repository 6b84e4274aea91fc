import type { Contract, FieldRequest } from "@weir/contract";
import { PRESENT } from "@weir/record";
import type { CountedRows } from "../drift/cell-counter.ts";

/** Different values of a window; null once there are more than the limit, however many more. */
export type DistinctValues = Set<number> | null;

/**
 * Collects the different values of a field up to a limit. Which rows came first does not matter, nor how a window was split: more
 * than the limit stays so.
 */
export interface DistinctCounter {
  readonly request: FieldRequest;
  readonly limit: number;
  /** With the rows from `first` to before `end` that are counted. */
  collect(rows: CountedRows, into: DistinctValues): DistinctValues;
}

/** Numbers are themselves, texts a hash of 52 bits. */
export function distinctCounter(pointer: string, limit: number, contract: Pick<Contract, "field">): DistinctCounter {
  const types = contract.field(pointer)?.types ?? [];
  const as = types.includes("number") || types.includes("integer") ? "number" : types.includes("boolean") ? "boolean" : "string";
  const hashes = new Map<string, number>();
  return {
    request: { pointer, as },
    limit,
    collect: ({ column, counted, first, end }, into) => {
      if (into === null) return null;
      if (column.kind === "slices" || column.kind === "vector") throw new Error("a distinct counter asks for values"); // it asked for another
      const seen = new Set<number>();
      const { presence } = column;
      const codes = column.kind === "string" ? column.codes : column.values;
      for (let row = first; row < end; row++) if (counted[row] === 1 && presence[row] === PRESENT) seen.add(codes[row]!); // row < end
      for (const code of seen) {
        into.add(column.kind === "string" ? hashOf(column.dictionary[code]!, hashes) : code + 0); // codes are within the dictionary; -0 is 0
        if (into.size > limit) return null;
      }
      return into;
    },
  };
}

export function unionOf(a: DistinctValues, b: DistinctValues, limit: number): DistinctValues {
  if (a === null || b === null) return null;
  for (const value of b) a.add(value);
  return a.size > limit ? null : a;
}

const MAX_KEPT = 100_000;

function hashOf(text: string, known: Map<string, number>): number {
  let hash = known.get(text);
  if (hash === undefined) {
    if (known.size >= MAX_KEPT) known.clear();
    known.set(text, (hash = hash52(text)));
  }
  return hash;
}

/** Two lanes of 26 bits that are multiplied and mixed apart: equal for equal texts in every process. */
function hash52(text: string): number {
  let [a, b] = [0x9e3779b9, 0x85ebca6b];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193) ^ (a >>> 15);
    b = Math.imul(b + unit, 0xc2b2ae35) ^ (b >>> 13);
  }
  a = Math.imul(a ^ (a >>> 16), 0x7feb352d) ^ (b >>> 15);
  b = Math.imul(b ^ (b >>> 15), 0x846ca68b) ^ (a >>> 16);
  return (a >>> 6) * 2 ** 26 + (b >>> 6);
}
