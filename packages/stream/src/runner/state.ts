import { recordAt, type Lane } from "@weir/record";
import type { Log } from "../log.ts";
import type { RestoredState } from "../stage.ts";

const WAIT_MS = 200;
const decoder = new TextDecoder();

/**
 * Newest committed value by key of one partition of a state topic; deleted keys are left out. Reads up to everything that
 * was ever written: a predecessor's commit may be settled while its marker is still on its way to this partition.
 */
export async function restoreState(log: Log, lane: Lane): Promise<RestoredState> {
  const state = new Map<string, string>();
  const bounds = (await log.bounds([lane])).get(`${lane.topic}/${lane.partition}`);
  if (!bounds) return state;
  await using fetcher = log.fetcher();
  for (let next = bounds.earliest; next < bounds.end;) {
    const { batches, failed } = await fetcher.fetch([{ ...lane, offset: next }], WAIT_MS);
    if (failed[0] && failed[0].kind !== "retry")
      throw new Error(`state of ${lane.topic}-${lane.partition} cannot be read at ${next}: ${failed[0].message}`);
    for (const batch of batches) {
      for (let row = 0; row < batch.count; row++) apply(state, recordAt(batch, row));
      next = Math.max(next, batch.nextOffset);
    }
  }
  return state;
}

function apply(state: Map<string, string>, { key, value }: { key: Uint8Array | null; value: Uint8Array | null }): void {
  if (key === null) return;
  if (value === null) state.delete(decoder.decode(key));
  else state.set(decoder.decode(key), decoder.decode(value));
}
