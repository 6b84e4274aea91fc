import type { FieldRequest } from "@weir/contract";
import { PRESENT } from "@weir/record";
import type { CountedRows } from "../drift/cell-counter.ts";

/** Records by the name of a member; null once there are more names than are kept apart, in whichever order they came. */
export type NameCounts = Map<string, number> | null;

/** Names of one window. More of them are no fields but data in the place of names. */
export const MAX_NAMES = 1000;

/** What the names of members that the contract does not know are read with. */
export const UNKNOWN_NAMES: FieldRequest = { pointer: "", as: "unknown" };

/** Adds the names of the rows from `first` to before `end` that are counted. */
export function countNames({ column, counted, first, end }: CountedRows, into: NameCounts): NameCounts {
  if (into === null) return null;
  if (column.kind !== "string") throw new Error("names are counted by their codes"); // they were asked for as such
  const rows = new Map<number, number>();
  for (let row = first; row < end; row++) {
    if (column.presence[row] !== PRESENT || counted[row] === 0) continue;
    const code = column.codes[row]!; // row < end
    rows.set(code, (rows.get(code) ?? 0) + 1);
  }
  for (const [code, count] of rows) {
    const names: readonly string[] = JSON.parse(column.dictionary[code]!); // codes are within the dictionary
    for (const name of names) into.set(name, (into.get(name) ?? 0) + count);
  }
  return into.size > MAX_NAMES ? null : into;
}

export function addNames(to: NameCounts, from: NameCounts): NameCounts {
  if (to === null || from === null) return null;
  for (const [name, count] of from) to.set(name, (to.get(name) ?? 0) + count);
  return to.size > MAX_NAMES ? null : to;
}

/** As JSON: names upwards. */
export function savedNames(names: NameCounts): readonly (readonly [string, number])[] | null {
  return names && [...names].sort(([a], [b]) => (a < b ? -1 : 1));
}
