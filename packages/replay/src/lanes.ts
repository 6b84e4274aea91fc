import { laneKey, type Lane } from "@weir/record";
import type { Log, Position } from "@weir/stream";

/** Partitions of a topic as lanes; empty where the topic does not exist. */
export async function lanesOf(log: Log, topic: string): Promise<Lane[]> {
  const partitions = (await log.partitions([topic])).get(topic) ?? 0;
  return Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
}

/** A part of each lane: from an offset to before another one. */
export interface Stretch extends Position {
  readonly end: number;
}

/** From the beginning of each lane to its last stable offset. */
export async function wholeOf(log: Log, lanes: readonly Lane[]): Promise<Stretch[]> {
  const bounds = await log.bounds(lanes);
  return lanes.map((lane) => {
    const { earliest, latest } = bounds.get(laneKey(lane)) ?? { earliest: 0, latest: 0 };
    return { ...lane, offset: earliest, end: latest };
  });
}
