import { laneKey, recordAt, RetriableError, WeirError, type Lane } from "@weir/record";
import type { LaneFailure, Log } from "../log.ts";
import type { RestoredState } from "../stage.ts";

const WAIT_MS = 200;
const decoder = new TextDecoder();

/**
 * Newest committed value by key of one partition of a state topic; deleted keys are left out. Reads up to everything that
 * was ever written: a predecessor's commit may be settled while its marker is still on its way to this partition.
 * @throws {WeirError} WEIR-5007 where it cannot be read; {RetriableError} where it may be soon. Never half of a state.
 */
export async function restoreState(log: Log, lane: Lane): Promise<RestoredState> {
  const state = new Map<string, string>();
  const bounds = (await log.bounds([lane])).get(laneKey(lane));
  if (!bounds) throw new RetriableError("NO_LEADER", `${laneKey(lane)} has no bounds yet`);
  await using fetcher = log.fetcher();
  for (let next = bounds.earliest; next < bounds.end;) {
    const { batches, failed } = await fetcher.fetch([{ ...lane, offset: next }], WAIT_MS);
    if (failed[0]) refuseUnlessSoon(failed[0], lane, next);
    for (const batch of batches) {
      for (let row = 0; row < batch.count; row++) apply(state, recordAt(batch, row));
      next = Math.max(next, batch.nextOffset);
    }
  }
  return state;
}

/** A topic whose beginning moved meanwhile is read again from there; damage stays. */
function refuseUnlessSoon({ kind, message }: LaneFailure, lane: Lane, at: number): void {
  if (kind === "retry") return;
  const where = `${laneKey(lane)} at offset ${at}`;
  if (kind === "out-of-range") throw new RetriableError("STATE_MOVED", `${where}: ${message}`);
  throw new WeirError(
    {
      code: "WEIR-5007",
      what: "the state of a stage cannot be read",
      where,
      why: message,
      fix: "bring the topic back from a replica; without its state the stage would decide otherwise than it did",
    },
    { exitCode: 4 },
  );
}

function apply(state: Map<string, string>, { key, value }: { key: Uint8Array | null; value: Uint8Array | null }): void {
  if (key === null) return;
  if (value === null) state.delete(decoder.decode(key));
  else state.set(decoder.decode(key), decoder.decode(value));
}
