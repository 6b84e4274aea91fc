import type { Topology } from "@weir/pipeline";
import { systemClock } from "@weir/service";
import type { Log } from "@weir/stream";
import { followCommitted } from "./read-committed.ts";

/** Topics where records leave the pipeline: ports that no stage reads, and dead letters. Copies are no ends. */
export function endTopics(topology: Topology): string[] {
  const ports = topology.stages
    .filter((s) => s.type !== "ingest")
    .flatMap((s) => [...s.outputs].filter(([port]) => !s.next.has(port)).map(([, topic]) => topic));
  return [...new Set([...ports, topology.dlq])];
}

/** Until as many records have come out as went in, or more, or nothing has come for `silenceMs`. */
export async function waitForEnds(log: Log, topology: Topology, records: number, silenceMs: number): Promise<void> {
  let count = 0;
  let deadline = systemClock.monotonic() + silenceMs;
  await followCommitted(
    log,
    endTopics(topology),
    (batch) => {
      count += batch.count;
      if (batch.count > 0) deadline = systemClock.monotonic() + silenceMs;
    },
    () => count >= records || systemClock.monotonic() > deadline,
  );
}
