import { ownHeaders, writeHeaders, type Batch, type HeaderColumn, type Slices } from "@weir/record";

/** Longest id that is taken from a producer, in bytes. */
const MAX_ID_BYTES = 256;
const ID = "weir.id";
const encoder = new TextEncoder();

/**
 * Stamps records of the entry topic: `weir.id` is the producer's own valid one, else what `idsOf` finds in the record (a
 * length of -1 where it finds none), else `<topic>-<partition>-<offset>`. All other incoming `weir.*` headers are dropped.
 */
export function stampEntry(batch: Batch, idsOf: (batch: Batch) => Slices | null): Batch {
  const cleaned = dropOwnHeaders(batch);
  return {
    ...cleaned.batch,
    added: { ...batch.added, headers: [...idColumns(batch, idsOf(batch), cleaned.given), ...batch.added.headers] },
  };
}

/** Removes incoming `weir.*` headers; the ids among them that are valid come back by row. */
function dropOwnHeaders(batch: Batch): { batch: Batch; given: ReadonlyMap<number, Uint8Array> } {
  const given = new Map<number, Uint8Array>();
  const rewritten = new Map<number, { block: Uint8Array; count: number }>();
  for (let row = 0; row < batch.count; row++) {
    if (batch.headerCount[row] === 0) continue;
    const headers = ownHeaders(batch, row);
    const kept = headers.filter((h) => !h.key.startsWith("weir."));
    if (kept.length === headers.length) continue;
    rewritten.set(row, { block: writeHeaders(kept), count: kept.length });
    const id = headers.find((h) => h.key === ID)?.value;
    if (id && id.length > 0 && id.length <= MAX_ID_BYTES) given.set(row, id);
  }
  return { batch: rewritten.size === 0 ? batch : withBlocks(batch, rewritten), given };
}

function withBlocks(batch: Batch, rewritten: ReadonlyMap<number, { block: Uint8Array; count: number }>): Batch {
  let size = batch.headerBytes.length;
  for (const { block } of rewritten.values()) size += block.length;
  const headerBytes = new Uint8Array(size);
  headerBytes.set(batch.headerBytes);
  const headersAt = batch.headersAt.slice();
  const headersLength = batch.headersLength.slice();
  const headerCount = batch.headerCount.slice();
  let at = batch.headerBytes.length;
  for (const [row, { block, count }] of rewritten) {
    headerBytes.set(block, at);
    headersAt[row] = at;
    headersLength[row] = block.length;
    headerCount[row] = count;
    at += block.length;
  }
  return { ...batch, headerBytes, headersAt, headersLength, headerCount };
}

/** One column of ids read from the records and, for rows without one, a second: the large buffer of the first is not copied. */
function idColumns(batch: Batch, ids: Slices | null, given: ReadonlyMap<number, Uint8Array>): HeaderColumn[] {
  const usable = (row: number): boolean => ids !== null && ids.length[row]! > 0 && ids.length[row]! <= MAX_ID_BYTES; // parallel to the rows
  const missing: number[] = [];
  for (let row = 0; row < batch.count; row++) if (given.has(row) || !usable(row)) missing.push(row);
  if (missing.length === 0 && ids !== null) return [{ name: ID, bytes: ids.bytes, at: ids.at, length: ids.length }];
  const made = missing.map((row) => given.get(row) ?? encoder.encode(`${batch.topic}-${batch.partition}-${batch.offset[row]}`));
  const own = ids === null ? null : { name: ID, bytes: ids.bytes, at: ids.at, length: ids.length.slice() };
  if (own) for (const row of missing) own.length[row] = -1;
  const extra = scatter(batch.count, missing, made);
  return own === null ? [extra] : [own, extra];
}

function scatter(count: number, rows: readonly number[], values: readonly Uint8Array[]): HeaderColumn {
  const bytes = new Uint8Array(values.reduce((n, v) => n + v.length, 0));
  const at = new Int32Array(count);
  const length = new Int32Array(count).fill(-1);
  let end = 0;
  rows.forEach((row, i) => {
    const value = values[i]!; // parallel to the rows
    bytes.set(value, end);
    at[row] = end;
    length[row] = value.length;
    end += value.length;
  });
  return { name: ID, bytes, at, length };
}
