import type { Topology } from "@weir/pipeline";
import { laneKey } from "@weir/record";
import type { Clock, Log } from "@weir/stream";
import { lanesOf } from "./lanes.ts";

const LOOK_MS = 100;

/**
 * Waits until what was sent to these topics has gone through the pipeline: stage by stage in flow order, each until it has
 * committed what its input was when the stages before were done. False when it took longer than `limitMs`.
 */
export async function waitSettled(
  log: Log,
  clock: Clock,
  topology: Topology,
  sentTo: ReadonlySet<string>,
  limitMs: number,
): Promise<boolean> {
  const until = clock.monotonic() + limitMs;
  const groups = topology.stages.map((s) => s.group);
  const reached = new Set(topology.stages.filter((s) => sentTo.has(s.replay)).map((s) => s.id));
  for (const stage of topology.stages) {
    if (!reached.has(stage.id)) continue;
    for (const follower of stage.next.values()) reached.add(follower);
    const direct = sentTo.has(stage.replay) ? [stage.replay] : [];
    const through = stage.inputs.filter((topic) => topology.stages.some((s) => reached.has(s.id) && s.id !== stage.id && [...s.outputs.values()].includes(topic))); // prettier-ignore
    for (const topic of [...direct, ...through]) if (!(await readUp(log, clock, topic, groups, until))) return false;
  }
  return true;
}

/** Any group of the pipeline may read the topic: fused, it is the chain's first stage's. */
async function readUp(log: Log, clock: Clock, topic: string, groups: readonly string[], until: number): Promise<boolean> {
  const lanes = await lanesOf(log, topic);
  const ends = await log.bounds(lanes);
  for (;;) {
    const committed = await Promise.all(groups.map((group) => log.committed(group, lanes, null)));
    const behind = lanes.filter((lane) => {
      const { earliest = 0, latest = 0 } = ends.get(laneKey(lane)) ?? {};
      const furthest = Math.max(...committed.map((c) => c.get(laneKey(lane)) ?? -1));
      return latest > earliest && furthest < latest;
    });
    if (behind.length === 0) return true;
    if (clock.monotonic() > until) return false;
    await clock.sleep(LOOK_MS);
  }
}
