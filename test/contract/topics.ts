import { randomUUID } from "node:crypto";
import { batchOf, laneKey, recordAt, type Batch, type Lane, type PlainRecord } from "@weir/record";
import type { Bounds, Log, Producer } from "@weir/stream";
import { expect } from "vitest";

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (value: Uint8Array | null): string | null => (value === null ? null : new TextDecoder().decode(value));

export async function newTopic(log: Log, partitions = 1): Promise<string> {
  const name = `contract-${randomUUID()}`;
  await log.createTopics([{ name, partitions }]);
  return name;
}

export const newProducer = (log: Log, rotate = 2): Promise<Producer> =>
  log.producer({ transactionalId: `contract-${randomUUID()}`, rotate });

export function lanesOf(topic: string, partitions: number): readonly Lane[] {
  return Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
}

/**
 * Bounds once nothing is open: a commit is acknowledged when it is decided, and visible in a lane when its marker is
 * written there, a moment later.
 */
export async function settledBounds(log: Log, lanes: readonly Lane[]): Promise<ReadonlyMap<string, Bounds>> {
  await using fetcher = log.fetcher({ isolation: "uncommitted" });
  for (;;) {
    const bounds = await log.bounds(lanes);
    const last = lanes.map((lane) => ({ ...lane, offset: bounds.get(laneKey(lane))?.latest ?? 0 }));
    const { batches } = await fetcher.fetch(last, 0);
    if (batches.length === 0) return bounds;
  }
}

/** Everything committed in the lanes when nothing is open, by lane key. */
export async function readAll(log: Log, lanes: readonly Lane[]): Promise<ReadonlyMap<string, readonly PlainRecord[]>> {
  await using fetcher = log.fetcher();
  const records = new Map<string, PlainRecord[]>(lanes.map((lane) => [laneKey(lane), []]));
  const bounds = await settledBounds(log, lanes);
  let positions = lanes.map((lane) => ({ ...lane, offset: bounds.get(laneKey(lane))?.earliest ?? 0 }));
  for (;;) {
    positions = positions.filter((p) => p.offset < (bounds.get(laneKey(p))?.latest ?? 0));
    if (positions.length === 0) return records;
    const { batches, failed } = await fetcher.fetch(positions, 200);
    expect(failed).toEqual([]);
    for (const batch of batches) {
      records.get(laneKey(batch))?.push(...recordsOf(batch));
      positions = positions.map((p) => (laneKey(p) === laneKey(batch) ? { ...p, offset: batch.nextOffset } : p));
    }
  }
}

export async function valuesOf(log: Log, lane: Lane): Promise<readonly (string | null)[]> {
  return ((await readAll(log, [lane])).get(laneKey(lane)) ?? []).map((r) => text(r.value)?.slice(0, 20) ?? null);
}

export function recordsOf(batch: Batch): readonly PlainRecord[] {
  return Array.from({ length: batch.count }, (_, row) => recordAt(batch, row));
}

export function textBatch(lane: Lane, ...values: readonly string[]): Batch {
  return batchOf(
    lane,
    values.map((v) => ({ value: bytes(v) })),
  );
}
