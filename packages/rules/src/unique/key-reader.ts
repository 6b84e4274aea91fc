import type { Contract, FieldRequest } from "@weir/contract";
import { idAt, PRESENT } from "@weir/record";
import { columnOf, type BatchView } from "../check.ts";

/** Where the keys of a rule `unique` come from. */
export interface KeyReader {
  readonly requests: readonly FieldRequest[];
  /** Prepares a batch: the key of a row as text, null where the row has none. */
  keysOf(view: BatchView): (row: number) => string | null;
}

/** Longer keys are remembered by their hash. */
const MAX_KEY_CHARACTERS = 64;

const decoder = new TextDecoder();

/** The field's text or number, or the record's id where the rule names no field. */
export function keyReader(field: string | undefined, contract: Pick<Contract, "field">, sha256: (text: string) => string): KeyReader {
  const short = (text: string): string => (text.length <= MAX_KEY_CHARACTERS ? text : `sha256:${sha256(text)}`);
  if (field === undefined) {
    return {
      requests: [],
      keysOf:
        ({ batch }) =>
        (row) => {
          const id = idAt(batch, row);
          return id === null ? null : short(decoder.decode(id));
        },
    };
  }
  const types = contract.field(field)?.types ?? [];
  const asNumber = types.includes("number") || types.includes("integer");
  const requests: FieldRequest[] = [];
  if (!asNumber || types.includes("string")) requests.push({ pointer: field, as: "string" });
  if (asNumber || types.length === 0) requests.push({ pointer: field, as: "number" });
  return {
    requests,
    keysOf: (view) => {
      const columns = requests.map((r) => columnOf(view, r));
      return (row) => {
        for (const column of columns) {
          if (column.presence[row] !== PRESENT) continue;
          if (column.kind === "string") return short(escaped(column.dictionary[column.codes[row]!]!)); // PRESENT has a code within the dictionary
          if (column.kind === "number") return `#${column.values[row]}`;
        }
        return null;
      };
    },
  };
}

/** So that the text "#1" is not the number 1. */
function escaped(text: string): string {
  return text.startsWith("#") ? `#${text}` : text;
}
