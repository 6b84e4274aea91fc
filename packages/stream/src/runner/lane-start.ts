import { RetriableError, WeirError } from "@weir/record";
import type { Membership } from "../log.ts";
import type { RestoredState } from "../stage.ts";
import type { OwnedLane } from "./lanes.ts";
import type { RunnerOptions } from "./options.ts";
import { restoreState } from "./state.ts";

/** Where a lane goes on, with the state that belongs to that place, by state topic. */
export interface LaneStart {
  readonly from: number;
  readonly states: ReadonlyMap<string, RestoredState>;
}

/** The committed offset first, once nothing that could move it is open, then the state: whatever was committed with the offset is in it. */
export async function findStart(
  { log, group, links, onOutOfRange }: RunnerOptions,
  membership: Membership,
  { lane, key }: OwnedLane,
): Promise<LaneStart> {
  const committed = (await log.committed(group, [lane], membership)).get(key) ?? null;
  const bounds = (await log.bounds([lane])).get(key);
  if (!bounds) throw new RetriableError("NO_LEADER", `${lane.topic}-${lane.partition} has no bounds yet`);
  const gone = committed !== null && committed < bounds.earliest;
  if (gone && onOutOfRange === "stop") throw recordsGone(group, key, committed, bounds.earliest);
  const from = committed === null || (gone && onOutOfRange === "earliest") ? bounds.earliest : gone ? bounds.latest : committed;
  const states = new Map<string, RestoredState>();
  for (const { stateTopic } of links) {
    if (stateTopic !== null) states.set(stateTopic, await restoreState(log, { topic: stateTopic, partition: lane.partition }));
  }
  return { from, states };
}

function recordsGone(group: string, lane: string, committed: number, earliest: number): WeirError {
  return new WeirError({
    code: "WEIR-5001",
    what: `records of ${lane} were deleted before they were read`,
    where: `group ${group}: committed offset ${committed}, the log starts at ${earliest}`,
    why: "the retention of the topic is shorter than the time that this stage was behind or held records",
    fix: "raise retention.ms of the topic; to go on without the lost records set the policy for missing offsets to earliest",
  });
}
