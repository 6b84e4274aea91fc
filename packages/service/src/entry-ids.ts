import { columnKey, type FieldRequest, type RecordReader } from "@weir/contract";
import type { RecordSpec } from "@weir/pipeline";
import { ownHeaders, type Batch, type Slices } from "@weir/record";

/** Where records have an id of their own, for the stamping of the entry topic. */
export interface EntryIds {
  /** What a reader has to read beside the stage's own fields. */
  readonly requests: readonly FieldRequest[];
  /** Finds the ids of a batch with that reader; rows without one have length -1. */
  from(reader: RecordReader): (batch: Batch) => Slices | null;
}

/** From `record.id` of the pipeline file: a JSON pointer, a header, or nothing. */
export function entryIds(id: RecordSpec["id"]): EntryIds {
  if (id === null) return { requests: [], from: () => () => null };
  if (typeof id === "object") return { requests: [], from: () => (batch) => idsInHeader(batch, id.header) };
  const request: FieldRequest = { pointer: id, as: "slices" };
  const key = columnKey(request);
  return {
    requests: [request],
    from: (reader) => (batch) => {
      const column = reader.readAhead(batch).columns.get(key);
      return column?.kind === "slices" ? column : null;
    },
  };
}

function idsInHeader(batch: Batch, header: string): Slices {
  const at = new Int32Array(batch.count);
  const length = new Int32Array(batch.count).fill(-1);
  const values: Uint8Array[] = [];
  let end = 0;
  for (let row = 0; row < batch.count; row++) {
    const value = batch.headerCount[row] === 0 ? undefined : ownHeaders(batch, row).find((h) => h.key === header)?.value;
    if (!value) continue;
    at[row] = end;
    length[row] = value.length;
    end += value.length;
    values.push(value);
  }
  const bytes = new Uint8Array(end);
  let put = 0;
  for (const value of values) {
    bytes.set(value, put);
    put += value.length;
  }
  return { bytes, at, length };
}
