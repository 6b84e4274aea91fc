import { laneKey, recordAt, type PlainRecord } from "@weir/record";
import type { Log } from "@weir/stream";
import type { Stretch } from "./lanes.ts";

export interface PlacedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly record: PlainRecord;
}

const WAIT_MS = 200;

/** Runs a request; may try it again while the broker is away. */
export type Patience = <T>(act: () => Promise<T>) => Promise<T>;

/** Committed records of the stretches, in the order of the log within each; lane after lane as the broker gives them. */
export async function* readStretches(
  log: Log,
  stretches: readonly Stretch[],
  patience: Patience = (act) => act(),
): AsyncGenerator<PlacedRecord> {
  const open = new Map(stretches.filter((s) => s.offset < s.end).map((s) => [laneKey(s), { ...s }]));
  if (open.size === 0) return;
  await using fetcher = log.fetcher();
  while (open.size > 0) {
    const { batches, failed } = await patience(() => fetcher.fetch([...open.values()], WAIT_MS));
    const damaged = failed.find((f) => f.kind !== "retry");
    if (damaged) throw new Error(`${laneKey(damaged.lane)} cannot be read: ${damaged.message}`);
    for (const batch of batches) {
      const at = open.get(laneKey(batch));
      if (!at) continue;
      for (let row = 0; row < batch.count; row++) {
        const record = recordAt(batch, row);
        if (record.offset >= at.end) break;
        yield { topic: batch.topic, partition: batch.partition, record };
      }
      at.offset = Math.max(at.offset, batch.nextOffset);
      if (at.offset >= at.end) open.delete(laneKey(batch));
    }
  }
}
