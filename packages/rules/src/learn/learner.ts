import type { Contract, FieldRequest } from "@weir/contract";
import { columnOf, type BatchView } from "../check.ts";
import { learnColumn, type LearnedColumn, type RowRange } from "./learn-column.ts";
import { numberSample, textSample, type FieldSample } from "./sample.ts";

/** Distinct texts of a field above which it names things instead of sorting them. */
const CATEGORIES_MAX = 1000;

export interface Learner {
  readonly requests: readonly FieldRequest[];
  /** Rows that failed their contract are left out. `windowOf` names the window of a row; null where there are none. */
  take(view: BatchView, windowOf: ((row: number) => string) | null): void;
  learn(): Learned;
}

export interface Learned {
  readonly records: number;
  /** Windows in the order in which they began, with their records. */
  readonly windows: readonly { readonly name: string; readonly records: number }[];
  readonly columns: ReadonlyMap<string, LearnedColumn>;
  /** Fields that were left out, and why. */
  readonly skipped: ReadonlyMap<string, string>;
}

/** Learns from records that are known to be good. `fields` by JSON pointer; default all that the contract names. */
export function createLearner(contract: Pick<Contract, "field" | "fields">, fields?: readonly string[]): Learner {
  const wanted = fields ?? contract.fields.map((field) => field.pointer);
  const skipped = new Map<string, string>();
  const samples = new Map<string, { readonly request: FieldRequest; readonly sample: FieldSample }>();
  for (const pointer of wanted) {
    const request = requestFor(pointer, contract);
    if (request === null) skipped.set(pointer, "it is neither number nor text nor boolean");
    else samples.set(pointer, { request, sample: request.as === "number" ? numberSample() : textSample(CATEGORIES_MAX) });
  }
  const windows = createWindowIndex();
  return {
    requests: [...samples.values()].map(({ request }) => request),
    take: (view, windowOf) => {
      for (const { request, sample } of samples.values()) sample.add(columnOf(view, request), view.batch.count);
      windows.add(view, windowOf);
    },
    learn: () => {
      const { rows, ranges, named } = windows.ordered();
      const columns = new Map<string, LearnedColumn>();
      for (const [pointer, { sample }] of samples) {
        const column = sample.column(rows);
        const learned = column === null ? null : learnColumn(column, ranges);
        if (learned !== null) columns.set(pointer, learned);
        else skipped.set(pointer, column === null ? `it has more than ${CATEGORIES_MAX} distinct values` : "no record has a value");
      }
      return { records: rows.length, windows: named, columns, skipped };
    },
  };
}

function requestFor(pointer: string, contract: Pick<Contract, "field">): FieldRequest | null {
  const types = contract.field(pointer)?.types ?? [];
  if (types.includes("number") || types.includes("integer")) return { pointer, as: "number" };
  if (types.includes("string")) return { pointer, as: "string" };
  return types.includes("boolean") ? { pointer, as: "boolean" } : null;
}

interface WindowIndex {
  add(view: BatchView, windowOf: ((row: number) => string) | null): void;
  /** Rows that count, those of a window together. */
  ordered(): { readonly rows: Int32Array; readonly ranges: readonly RowRange[]; readonly named: Learned["windows"] };
}

function createWindowIndex(): WindowIndex {
  const byName = new Map<string, number[]>();
  let seen = 0;
  return {
    add: ({ batch, read }, windowOf) => {
      for (let row = 0; row < batch.count; row++) {
        if (read.failures.has(row)) continue;
        const name = windowOf?.(row) ?? "";
        const rows = byName.get(name);
        if (rows) rows.push(seen + row);
        else byName.set(name, [seen + row]);
      }
      seen += batch.count;
    },
    ordered: () => {
      const rows = Int32Array.from([...byName.values()].flat());
      let at = 0;
      const ranges = [...byName.values()].map((list) => ({ first: at, end: (at += list.length) }));
      const named = [...byName].map(([name, list]) => ({ name, records: list.length }));
      return byName.size > 1 ? { rows, ranges, named } : { rows, ranges: [], named: [] };
    },
  };
}
