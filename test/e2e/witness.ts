import { consoleConsumer } from "@weir/broker";
import type { Log } from "@weir/stream";
import { markEnds, untilMarks } from "./end-marks.ts";

/** What a reader that is not ours saw. */
export interface Witnessed {
  readonly records: number;
  readonly byTopic: Readonly<Record<string, number>>;
  readonly lost: number;
  readonly doubled: number;
  /** Records that came, for the first time, behind a later one of the same key, in the same topic. */
  readonly outOfOrder: number;
  /** Records that nobody produced. */
  readonly foreign: number;
}

/** Every record came out once, in order, and nothing else did. */
export function isExact({ lost, doubled, outOfOrder, foreign }: Witnessed): boolean {
  return lost + doubled + outOfOrder + foreign === 0;
}

export interface WitnessOptions {
  readonly address: string;
  readonly topics: readonly string[];
  readonly produced: number;
  /** Finds the number of a produced record in its value. */
  readonly numberOf: (value: string) => number | null;
  /** How many records the topics have, where that is known: the reader ends with the last one instead of waiting for more. */
  readonly counts?: ReadonlyMap<string, number>;
  /** Where nobody writes to the topics any more: through it marks are written behind everything, and the reader ends with the last. */
  readonly log?: Log;
}

/** A JVM that has to share its cores starts slowly; where the end is known, its time costs nothing. */
const PATIENCE_MS = { known: 120_000, open: 15_000 };

/** Kafka's console consumer, read_committed, over all ends of a pipeline: how often every produced record is there, and whether in order per key. */
export async function witness({ address, topics, produced, numberOf, counts, log }: WitnessOptions): Promise<Witnessed> {
  const seen = new Uint8Array(produced);
  const byTopic: Record<string, number> = {};
  let outOfOrder = 0;
  let foreign = 0;
  const readOne = async (topic: string): Promise<void> => {
    const last = new Map<string, number>();
    let count = 0;
    const expected = counts?.get(topic);
    if (expected === 0) return;
    const most = expected === undefined ? [] : ["--max-messages", String(expected)];
    const args = ["--formatter-property", "print.key=true", "--formatter-property", "key.separator=\t", ...most];
    const marks = log && (await markEnds(log, topic));
    const timeoutMs = expected === undefined && marks === undefined ? PATIENCE_MS.open : PATIENCE_MS.known;
    const printed = consoleConsumer({ address, topic, isolation: "read_committed", timeoutMs, args });
    for await (const line of marks === undefined ? printed : untilMarks(printed, marks)) {
      const tab = line.indexOf("\t");
      if (tab < 0) continue;
      count++;
      const number = numberOf(line.slice(tab + 1));
      if (number === null || number >= produced) {
        foreign++;
        continue;
      }
      const before = seen[number]!; // number < produced
      seen[number] = Math.min(255, before + 1);
      if (before > 0) continue;
      const key = line.slice(0, tab);
      if ((last.get(key) ?? -1) >= number) outOfOrder++;
      last.set(key, number);
    }
    byTopic[topic] = count;
  };
  await Promise.all(topics.map(readOne));
  let lost = 0;
  let doubled = 0;
  for (const times of seen) {
    if (times === 0) lost++;
    if (times > 1) doubled += times - 1;
  }
  return { records: Object.values(byTopic).reduce((n, c) => n + c, 0), byTopic, lost, doubled, outOfOrder, foreign };
}
