import { ABSENT, OTHER, PRESENT, type Column, type NumberColumn, type StringColumn } from "@weir/record";

/** Values of one field over many batches, kept together: what a batch holds is overwritten by the next. */
export interface FieldSample {
  add(column: Column, count: number): void;
  /** All rows, in the order of `rows`; null when there are too many distinct texts to be categories. */
  column(rows: Int32Array): NumberColumn | StringColumn | null;
}

export function numberSample(): FieldSample {
  const values: Float64Array[] = [];
  const presence: Uint8Array[] = [];
  return {
    add: (column, count) => {
      values.push(column.kind === "number" ? column.values.slice(0, count) : new Float64Array(count).fill(NaN));
      presence.push(column.kind === "number" ? column.presence.slice(0, count) : new Uint8Array(count).fill(OTHER));
    },
    column: (rows) => {
      const [all, seen] = [joined(values, Float64Array), joined(presence, Uint8Array)];
      // Rows are those that were added.
      return { kind: "number", values: Float64Array.from(rows, (row) => all[row]!), presence: Uint8Array.from(rows, (row) => seen[row]!) };
    },
  };
}

export function textSample(distinctMax: number): FieldSample {
  const dictionary: string[] = [];
  const codeOf = new Map<string, number>();
  const codes: Int32Array[] = [];
  const presence: Uint8Array[] = [];
  const intern = (text: string): number => {
    let code = codeOf.get(text);
    if (code === undefined) {
      codeOf.set(text, (code = dictionary.length));
      dictionary.push(text);
    }
    return code;
  };
  return {
    add: (column, count) => {
      if (dictionary.length > distinctMax) return;
      const textOf = textsOf(column);
      const seen = column.presence.slice(0, count);
      presence.push(seen);
      codes.push(Int32Array.from(seen, (p, row) => (p === PRESENT ? intern(textOf(row)) : -1)));
    },
    column: (rows) => {
      if (dictionary.length > distinctMax) return null;
      const [all, seen] = [joined(codes, Int32Array), joined(presence, Uint8Array)];
      // Rows are those that were added.
      const gathered = Int32Array.from(rows, (row) => all[row]!);
      return { kind: "string", codes: gathered, dictionary, presence: Uint8Array.from(rows, (row) => seen[row] ?? ABSENT) };
    },
  };
}

function textsOf(column: Column): (row: number) => string {
  if (column.kind === "string") return (row) => column.dictionary[column.codes[row] ?? -1] ?? "";
  if (column.kind === "boolean") return (row) => (column.values[row] === 1 ? "true" : "false");
  throw new Error(`a ${column.kind} column has no categories`);
}

function joined<T extends Float64Array | Int32Array | Uint8Array>(parts: readonly T[], kind: new (length: number) => T): T {
  const whole = new kind(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
