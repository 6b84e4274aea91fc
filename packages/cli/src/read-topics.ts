import { laneKey, recordAt, type Lane, type PlainRecord } from "@weir/record";
import type { Log } from "@weir/stream";
import { NOTHING_SKIPPED, passOver, type SkipTo } from "./unreadable.ts";

const WAIT_MS = 200;

/** Partitions of topics that exist, as lanes. */
export async function lanesOf(log: Log, topics: readonly string[]): Promise<Lane[]> {
  const found = await log.partitions(topics);
  return topics.flatMap((topic) => Array.from({ length: found.get(topic) ?? 0 }, (_, partition) => ({ topic, partition })));
}

export interface ReadRecord extends Lane {
  readonly record: PlainRecord;
}

/** Committed records of the lanes from their beginning (or given offsets) up to what was there at the start. */
export async function* readToEnd(
  log: Log,
  lanes: readonly Lane[],
  from: ReadonlyMap<string, number> = new Map(),
): AsyncGenerator<ReadRecord> {
  const bounds = await log.bounds(lanes);
  const open = new Map(
    lanes.map((lane) => {
      const { earliest, latest } = bounds.get(laneKey(lane)) ?? { earliest: 0, latest: 0 };
      return [laneKey(lane), { ...lane, offset: Math.max(earliest, from.get(laneKey(lane)) ?? 0), end: latest }];
    }),
  );
  for (const [key, at] of open) if (at.offset >= at.end) open.delete(key);
  await using fetcher = log.fetcher();
  while (open.size > 0) {
    const { batches, failed } = await fetcher.fetch([...open.values()], WAIT_MS);
    passOver(failed, open, NOTHING_SKIPPED);
    for (const batch of batches) {
      const at = open.get(laneKey(batch));
      if (!at) continue;
      for (let row = 0; row < batch.count && batch.offset[row]! < at.end; row++) {
        // row < count
        yield { topic: batch.topic, partition: batch.partition, record: recordAt(batch, row) };
      }
      at.offset = Math.max(at.offset, batch.nextOffset);
      if (at.offset >= at.end) open.delete(laneKey(batch));
    }
  }
}

/** Number of committed records by topic, counted record by record: offsets have holes. What `skipTo` leaves out is not counted. */
export async function countRecords(log: Log, topics: readonly string[], skipTo: SkipTo): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>(topics.map((t) => [t, 0]));
  const lanes = await lanesOf(log, topics);
  const bounds = await log.bounds(lanes);
  const open = new Map(
    lanes.map((lane) => [
      laneKey(lane),
      { ...lane, offset: bounds.get(laneKey(lane))?.earliest ?? 0, end: bounds.get(laneKey(lane))?.latest ?? 0 },
    ]),
  );
  await using fetcher = log.fetcher();
  for (const [key, at] of open) if (at.offset >= at.end) open.delete(key);
  while (open.size > 0) {
    const { batches, failed } = await fetcher.fetch([...open.values()], WAIT_MS);
    passOver(failed, open, skipTo);
    for (const [key, at] of open) if (at.offset >= at.end) open.delete(key);
    for (const batch of batches) {
      const at = open.get(laneKey(batch));
      if (!at) continue;
      let inside = batch.count;
      while (inside > 0 && batch.offset[inside - 1]! >= at.end) inside--; // inside <= count
      counts.set(batch.topic, (counts.get(batch.topic) ?? 0) + inside);
      at.offset = Math.max(at.offset, batch.nextOffset);
      if (at.offset >= at.end) open.delete(laneKey(batch));
    }
  }
  return counts;
}
