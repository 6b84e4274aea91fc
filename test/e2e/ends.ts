import type { Topology } from "@weir/pipeline";
import { systemClock } from "@weir/service";
import type { Log } from "@weir/stream";
import { recordAt } from "@weir/record";
import { followCommitted } from "./read-committed.ts";

const decoder = new TextDecoder();

/** Topics where records leave the pipeline: ports that no stage reads, and dead letters. Copies are no ends. */
export function endTopics(topology: Topology): string[] {
  const ports = topology.stages
    .filter((s) => s.type !== "ingest")
    .flatMap((s) => [...s.outputs].filter(([port]) => !s.next.has(port)).map(([, topic]) => topic));
  return [...new Set([...ports, topology.dlq])];
}

/** Until as many records have come out as went in, or more, or nothing has come for `silenceMs`. With `numberOf` those that come again do not count. */
export async function waitForEnds(
  log: Log,
  topology: Topology,
  records: number,
  silenceMs: number,
  numberOf?: (value: string) => number | null,
): Promise<void> {
  const seen = new Set<number | null>();
  let count = 0;
  let deadline = systemClock.monotonic() + silenceMs;
  await followCommitted(
    log,
    endTopics(topology),
    (batch) => {
      if (numberOf === undefined) count += batch.count;
      else {
        for (let row = 0; row < batch.count; row++) seen.add(numberOf(decoder.decode(recordAt(batch, row).value ?? new Uint8Array())));
        count = seen.size;
      }
      if (batch.count > 0) deadline = systemClock.monotonic() + silenceMs;
    },
    () => count >= records || systemClock.monotonic() > deadline,
  );
}
