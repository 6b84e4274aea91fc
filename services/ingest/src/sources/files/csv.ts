import { Readable } from "node:stream";
import { parse } from "csv-parse";
import type { JsonType } from "@weir/contract";
import type { HttpLimits } from "@weir/pipeline";
import { itemOfText, type Item } from "../../request/incoming.ts";

/** The types that the contract allows for a column; null where it says nothing of it. */
export type FieldTyper = (column: string) => readonly JsonType[] | null;

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const encoder = new TextEncoder();

/**
 * Rows of a CSV (RFC 4180, names in the first row) as JSON objects. A cell is what the contract says of its column: a
 * number where it is one, true or false, null where it is empty and may be null; left out where it is empty and must not;
 * else text, as it stands there. What is wrong with the quoting ends the reading with the line that is to blame.
 */
export async function* csvItems(parts: AsyncIterable<Buffer>, limits: HttpLimits, typeOf: FieldTyper): AsyncGenerator<Item> {
  const rows: AsyncIterable<unknown> = Readable.from(parts, { objectMode: false }).pipe(
    parse({ bom: true, skip_empty_lines: true, relax_column_count: true, max_record_size: limits.record }),
  );
  let columns: readonly string[] | null = null;
  for await (const row of rows) {
    const cells = Array.isArray(row) ? row.map(String) : [];
    if (columns === null) columns = cells;
    else yield itemOfText(encoder.encode(objectOf(columns, cells, typeOf)), { limits, headers: [] });
  }
}

function objectOf(columns: readonly string[], cells: readonly string[], typeOf: FieldTyper): string {
  const members = cells.flatMap((cell, i) => {
    const name = columns[i] ?? `column${i + 1}`;
    const value = valueOf(cell, typeOf(name) ?? ["string"]);
    return value === null ? [] : [`${JSON.stringify(name)}:${value}`];
  });
  return `{${members.join(",")}}`;
}

/** JSON of a cell; null: it is left out. A cell that is not what the contract asks for goes as text: the gate will say so. */
function valueOf(cell: string, types: readonly JsonType[]): string | null {
  if (cell === "" && types.includes("null")) return "null";
  if (cell === "" && !types.includes("string")) return null;
  if ((types.includes("number") || types.includes("integer")) && NUMBER.test(cell)) return cell;
  if (types.includes("boolean") && (cell === "true" || cell === "false")) return cell;
  return JSON.stringify(cell);
}
