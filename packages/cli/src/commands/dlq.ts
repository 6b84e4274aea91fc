import { readDeadLetter, type DeadLetterDescription } from "@weir/deadletter";
import type { LoadedPipeline } from "@weir/service";
import type { Log } from "@weir/stream";
import { lanesOf, readToEnd, type ReadRecord } from "../read-topics.ts";

/** A dead letter with its place and what is known of it. */
export interface ListedDeadLetter {
  readonly at: string;
  readonly description: DeadLetterDescription | null;
  readonly record: ReadRecord["record"];
}

/** Dead letters (or, on another topic, quarantined records) in the order of the log, partition by partition as they come. */
export async function* listDeadLetters(
  { topology }: LoadedPipeline,
  log: Log,
  topic: string = topology.dlq,
): AsyncGenerator<ListedDeadLetter> {
  for await (const { partition, record } of readToEnd(log, await lanesOf(log, [topic]))) {
    yield { at: `${topic}/${partition}/${record.offset}`, description: readDeadLetter(record), record };
  }
}
