import type { Log } from "@weir/stream";
import { readCommitted } from "../e2e/read-committed.ts";
import { numberAt } from "./input.ts";
import { createTimeline, type Timeline } from "./timeline.ts";

export interface Counted {
  readonly missing: number;
  readonly doubled: number;
  /** Records of the ends, by topic. */
  readonly byTopic: ReadonlyMap<string, number>;
  /** When the records of every hop were appended. */
  readonly hops: readonly Timeline[];
}

/** Reads everything that was written, after the measurement: every record must be at exactly one end. */
export async function countOutput(log: Log, hops: readonly (readonly string[])[], records: number, startedAt: number): Promise<Counted> {
  const timelines = hops.map(() => createTimeline(startedAt));
  const seen = new Uint8Array(records);
  const byTopic = new Map<string, number>((hops.at(-1) ?? []).map((topic) => [topic, 0]));
  let doubled = 0;
  for (const [hop, topics] of hops.entries()) {
    await readCommitted(log, topics, (batch) => {
      timelines[hop]!.add(batch.timestamp); // a timeline a hop
      if (hop < hops.length - 1) return;
      byTopic.set(batch.topic, (byTopic.get(batch.topic) ?? 0) + batch.count);
      for (let row = 0; row < batch.count; row++) {
        const number = numberAt(batch, row);
        if (number < 0 || number >= records)
          throw new Error(`${batch.topic} holds a record that nobody produced, at offset ${batch.offset[row]}`);
        if (seen[number] === 1) doubled++;
        seen[number] = 1;
      }
    });
  }
  let missing = 0;
  for (const once of seen) if (once === 0) missing++;
  return { missing, doubled, byTopic, hops: timelines };
}
