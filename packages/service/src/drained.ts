import { laneKey, WeirError } from "@weir/record";
import type { Topology } from "@weir/pipeline";
import type { Log } from "@weir/stream";
import { stageAt } from "./chain.ts";

const LOOK_MS = 200;

/**
 * A fused chain does not read the topics between its stages. If records of an earlier run in separate services are still
 * there it must not start: they would be left behind.
 */
export async function assertDrained(log: Log, topology: Topology, stageIds: readonly string[]): Promise<void> {
  for (const id of stageIds.slice(1)) {
    const { inputs, group } = stageAt(topology, id);
    const found = await log.partitions(inputs);
    const lanes = inputs.flatMap((topic) => Array.from({ length: found.get(topic) ?? 0 }, (_, partition) => ({ topic, partition })));
    if (lanes.length === 0) continue;
    const committed = await log.committed(group, lanes, null);
    const bounds = await log.bounds(lanes);
    await using fetcher = log.fetcher();
    for (const lane of lanes) {
      const { earliest, latest } = bounds.get(laneKey(lane)) ?? { earliest: 0, latest: 0 };
      for (let next = committed.get(laneKey(lane)) ?? earliest; next < latest;) {
        const { batches } = await fetcher.fetch([{ ...lane, offset: next }], LOOK_MS);
        if (batches.some((b) => b.count > 0)) throw notDrained(id, lane.topic, lane.partition, next);
        next = Math.max(next, ...batches.map((b) => b.nextOffset)); // markers only
      }
    }
  }
}

function notDrained(stage: string, topic: string, partition: number, offset: number): WeirError {
  return new WeirError({
    code: "WEIR-5004",
    what: `stage ${stage} has not read everything that an earlier run left for it`,
    where: `${topic}, partition ${partition}, from offset ${offset}`,
    why: "a fused chain does not read the topics between its stages, so these records would be left behind",
    fix: "run the services separately (without --fused) until they are drained, then fuse",
  });
}
