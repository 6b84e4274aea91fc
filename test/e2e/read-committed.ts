import { laneKey, RetriableError, type Batch, type Lane } from "@weir/record";
import { systemClock } from "@weir/service";
import type { Log } from "@weir/stream";
import { untilAnswered } from "./until-answered.ts";

const WAIT_MS = 500;
const BACKOFF_MS = 200;

/** Committed records of the topics from their beginning, until `isOver`. A broker that is away is waited for. */
export async function followCommitted(
  log: Log,
  topics: readonly string[],
  onBatch: (batch: Batch) => void,
  isOver: () => boolean,
): Promise<void> {
  const positions = new Map((await lanesOf(log, topics)).map((lane) => [laneKey(lane), { ...lane, offset: 0 }]));
  await using fetcher = log.fetcher();
  while (!isOver()) {
    try {
      const { batches, failed } = await fetcher.fetch([...positions.values()], WAIT_MS);
      for (const batch of batches) {
        onBatch(batch);
        const at = positions.get(laneKey(batch));
        if (at) at.offset = batch.nextOffset;
      }
      const damaged = failed.find((f) => f.kind !== "retry");
      if (damaged) throw new Error(`${laneKey(damaged.lane)}: ${damaged.message}`);
    } catch (error) {
      if (!(error instanceof RetriableError)) throw error;
      await systemClock.sleep(BACKOFF_MS);
    }
  }
}

/** Committed records of the topics, from their beginning (or given offsets) up to the end that they have now. */
export async function readCommitted(
  log: Log,
  topics: readonly string[],
  onBatch: (batch: Batch) => void,
  from: ReadonlyMap<string, number> = new Map(),
): Promise<void> {
  const lanes = await lanesOf(log, topics);
  const bounds = await untilAnswered(() => log.bounds(lanes));
  const open = new Map(
    lanes.map((lane) => [laneKey(lane), { ...lane, offset: from.get(laneKey(lane)) ?? 0, end: bounds.get(laneKey(lane))?.latest ?? 0 }]),
  );
  await using fetcher = log.fetcher();
  for (;;) {
    for (const [key, at] of open) if (at.offset >= at.end) open.delete(key);
    if (open.size === 0) return;
    const { batches } = await fetcher.fetch([...open.values()], WAIT_MS);
    for (const batch of batches) {
      const at = open.get(laneKey(batch));
      if (!at) continue;
      onBatch(batch);
      at.offset = batch.nextOffset;
    }
  }
}

export async function lanesOf(log: Log, topics: readonly string[]): Promise<Lane[]> {
  const found = await log.partitions(topics);
  return topics.flatMap((topic) => Array.from({ length: found.get(topic) ?? 0 }, (_, partition) => ({ topic, partition })));
}
