import type { Scope } from "@weir/expr";
import { recordAt, type Batch, type Header } from "@weir/record";

export interface Scoping {
  /** Member of the record that rules call `prediction`. */
  readonly as: string;
  readonly parse: (batch: Batch, row: number) => unknown;
}

/** The record as rules see it. Throws where `parse` does. */
export function scopeAt(batch: Batch, row: number, { as, parse }: Scoping): Scope {
  const record = parse(batch, row);
  return { record, prediction: memberOf(record, as), headers: headersOf(recordAt(batch, row).headers) };
}

function memberOf(record: unknown, name: string): unknown {
  return typeof record === "object" && record !== null && Object.hasOwn(record, name) ? Reflect.get(record, name) : undefined;
}

const decoder = new TextDecoder();

/** The first of every name, as text. */
function headersOf(headers: readonly Header[]): Readonly<Record<string, string | null>> {
  return Object.fromEntries([...headers].reverse().map(({ key, value }) => [key, value && decoder.decode(value)]));
}
