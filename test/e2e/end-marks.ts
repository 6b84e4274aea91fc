import { batchOf } from "@weir/record";
import type { Log } from "@weir/stream";
import { lanesOf } from "./read-committed.ts";

const END = "-- nothing lies behind this --";

/** Writes a mark behind everything that lies in the topic, to every partition; gives how many. Nobody else may write there any more. */
export async function markEnds(log: Log, topic: string): Promise<number> {
  const value = new TextEncoder().encode(END);
  await using producer = await log.producer({ transactionalId: `end-marks-${topic}` });
  const transaction = producer.begin();
  const lanes = await lanesOf(log, [topic]);
  for (const lane of lanes) transaction.write(lane, batchOf(lane, [{ value }]));
  await transaction.commit(null);
  return lanes.length;
}

/** Printed records up to the last of so many marks: a reader need not wait in order to know that nothing more comes. */
export async function* untilMarks(lines: AsyncIterable<string>, marks: number): AsyncGenerator<string> {
  let left = marks;
  for await (const line of lines) {
    if (!line.endsWith(END)) yield line;
    else if (--left === 0) return;
  }
  throw new Error(`the reader stopped before ${left} of ${marks} ends`);
}
