import { laneKey } from "@weir/record";
import type { SystemRecord, Stop } from "../stage.ts";
import type { BreakerNews } from "./care.ts";
import type { Chain } from "./chain.ts";
import type { OwnedLane } from "./lanes.ts";

/** What the owner of a stage is told when a breaker opened or closed: an event of the alerts topic, keyed so that the two meet. */
export function breakerAlert(
  { change, lane, link, classes, records }: BreakerNews,
  chain: Chain,
  pipeline: string,
  now: number,
): SystemRecord {
  const { stage } = chain.links[link]!; // an outcome of this chain
  const value = {
    v: 1,
    kind: "alert",
    alertname: "BreakerOpen",
    state: change === "closed" ? "resolved" : "firing",
    severity: "critical",
    pipeline,
    stage: stage.id,
    lane: laneKey(lane),
    owner: stage.describe().owner,
    classes,
    records,
    at: new Date(now).toISOString(),
  };
  return { key: `BreakerOpen/${pipeline}/${stage.id}/${laneKey(lane)}`, value: JSON.stringify(value) };
}

/** What the owner of a rule is told when it stopped a partition of its stage, or when that goes on: `by` whom. */
export function stopAlert(
  { lane, key }: OwnedLane,
  { rule, owner, verdict, next, since, until }: Stop,
  { pipeline, stage, by }: { readonly pipeline: string; readonly stage: string; readonly by: string | null },
  now: number,
): SystemRecord {
  const value = {
    v: 1,
    kind: "alert",
    alertname: "StageStopped",
    state: by === null ? "firing" : "resolved",
    severity: "critical",
    pipeline,
    stage,
    lane: key,
    topic: lane.topic,
    partition: lane.partition,
    action: until === null ? "halt" : "pause",
    rule,
    verdict,
    owner,
    next,
    since,
    until,
    ...(by === null ? {} : { by }),
    at: new Date(now).toISOString(),
  };
  return { key: `StageStopped/${pipeline}/${stage}/${key}`, value: JSON.stringify(value) };
}
