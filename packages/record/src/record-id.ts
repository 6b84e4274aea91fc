import type { Batch } from "./batch.ts";
import { readHeaders } from "./headers.ts";

const ID = "weir.id";

/** The record's id as bytes: from what Weir added, else from its headers; null before it was stamped. */
export function idAt(batch: Batch, row: number): Uint8Array | null {
  for (const added of batch.added.headers) {
    if (added.name !== ID || added.length[row]! < 0) continue; // parallel to the rows
    return added.bytes.subarray(added.at[row]!, added.at[row]! + added.length[row]!); // parallel to the rows
  }
  return readHeaders(batch.headerBytes, batch.headersAt[row]!, batch.headerCount[row]!).find((h) => h.key === ID)?.value ?? null; // row < count
}
