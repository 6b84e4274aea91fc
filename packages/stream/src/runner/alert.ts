import { laneKey } from "@weir/record";
import type { SystemRecord } from "../stage.ts";
import type { BreakerNews } from "./care.ts";
import type { Chain } from "./chain.ts";

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
