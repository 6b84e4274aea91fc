import { headerText, recordAt, type Batch } from "@weir/record";
import type { Log } from "@weir/stream";
import { readCommitted } from "../e2e/read-committed.ts";
import { numberAt } from "./input.ts";
import type { Reference } from "./reference.ts";
import { branchOf } from "./systems.ts";
import { createTimeline, type Timeline } from "./timeline.ts";

export interface Counted {
  readonly missing: number;
  readonly doubled: number;
  /** Records of the ends, by topic. */
  readonly byTopic: ReadonlyMap<string, number>;
  /** When the records of every hop were appended. */
  readonly hops: readonly Timeline[];
}

/** One value in so many is compared with the reference; a prime, so that no kind of record is left out. */
const SAMPLE_EVERY = 997;

export interface CountOptions {
  readonly hops: readonly (readonly string[])[];
  readonly records: number;
  readonly startedAt: number;
  /** Null: the system decides nothing. */
  readonly reference: Reference | null;
}

/**
 * Reads everything that was written, after the measurement: every record must be at exactly one end, and at the right one.
 * @throws {Error} if a record ended elsewhere or with another prediction than it must.
 */
export async function countOutput(log: Log, { hops, records, startedAt, reference }: CountOptions): Promise<Counted> {
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
        if (reference) assertRight(reference, batch, row, number);
        if (seen[number] === 1) doubled++;
        seen[number] = 1;
      }
    });
  }
  let missing = 0;
  for (const once of seen) if (once === 0) missing++;
  return { missing, doubled, byTopic, hops: timelines };
}

/** The value, or what travels beside it as if it were in it. */
function predictedAt(batch: Batch, row: number): Uint8Array {
  const { value, headers } = recordAt(batch, row);
  const carried = headerText(headers, "weir.prediction");
  return carried === null ? (value ?? new Uint8Array()) : new TextEncoder().encode(`{"prediction":${carried}}`);
}

function assertRight(reference: Reference, batch: Batch, row: number, number: number): void {
  const fault =
    reference.fault(number, branchOf(batch.topic)) ??
    (number % SAMPLE_EVERY === 0 ? reference.valueFault(number, predictedAt(batch, row)) : null);
  if (fault !== null) throw new Error(`record ${number} is in ${batch.topic}, but should have ${fault}`);
}
