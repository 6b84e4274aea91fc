import { batchOf, laneKey, WeirError, type Batch, type Lane } from "@weir/record";
import type { Log } from "@weir/stream";
import { lanesOf } from "../read-topics.ts";
import { readLines } from "../produce/lines.ts";

/** Records that were there when one began to look: a file, or a range of a topic. Nothing is committed, nothing is written. */
export type PastRecords = AsyncIterable<Batch>;

/** Lines in a batch made of a file. */
const LINES = 2000;
const WAIT_MS = 200;

/** A file of one record a line as the only partition of a topic of its name. */
export async function* recordsOfFile(file: string): AsyncGenerator<Batch> {
  const lane = { topic: file, partition: 0 };
  let lines: { value: Uint8Array; offset: number; timestamp: number }[] = [];
  let offset = 0;
  for await (const value of readLines(file)) {
    lines.push({ value, offset, timestamp: 0 });
    offset++;
    if (lines.length < LINES) continue;
    yield batchOf(lane, lines);
    lines = [];
  }
  if (lines.length > 0) yield batchOf(lane, lines);
}

export interface TopicRange {
  readonly topic: string;
  /** Default all. */
  readonly partition?: number;
  /** First offset of every partition; default the beginning. */
  readonly from: number;
  /** Offset behind the last; default what is there now. */
  readonly to: number;
}

/** Committed records of a topic, partition by partition. A reader without a group: what consumers have committed does not move. */
export async function* recordsOfTopic(log: Log, { topic, partition, from, to }: TopicRange): AsyncGenerator<Batch> {
  const lanes = (await lanesOf(log, [topic])).filter((lane) => partition === undefined || lane.partition === partition);
  if (lanes.length === 0) {
    throw new WeirError(
      { code: "WEIR-6002", what: `there is no topic ${topic}`, fix: "name a topic of this broker, or start the pipeline that makes it" },
      { exitCode: 2 },
    );
  }
  const bounds = await log.bounds(lanes);
  for (const lane of lanes) {
    const { earliest, latest } = bounds.get(laneKey(lane)) ?? { earliest: 0, latest: 0 };
    yield* recordsOfLane(log, lane, { from: Math.max(earliest, from), to: Math.min(latest, to) });
  }
}

async function* recordsOfLane(log: Log, lane: Lane, { from, to }: { from: number; to: number }): AsyncGenerator<Batch> {
  await using fetcher = log.fetcher();
  for (let offset = from; offset < to;) {
    const { batches } = await fetcher.fetch([{ ...lane, offset }], WAIT_MS);
    for (const batch of batches) {
      const count = rowsBelow(batch, to);
      if (count > 0) yield count === batch.count ? batch : { ...batch, count };
      offset = Math.max(offset, batch.nextOffset);
    }
  }
}

function rowsBelow(batch: Batch, to: number): number {
  let count = batch.count;
  while (count > 0 && batch.offset[count - 1]! >= to) count--; // count - 1 is a row
  return count;
}
