import { waitedMs, type Lanes } from "./lanes.ts";
import type { RunnerOptions } from "./options.ts";

type Told = Pick<RunnerOptions, "clock" | "events" | "replays">;

/** By lane key: the last stable offset, and the end of what is written. */
interface Ends {
  readonly ends: ReadonlyMap<string, number>;
  readonly writtenTo: ReadonlyMap<string, number>;
}

/** Tells how far each lane is behind, and gives the sum. A lane of which nothing is known keeps what was last said of it. */
export function tellLag({ ends, writtenTo }: Ends, lanes: Lanes, { clock, events, replays }: Told): number {
  let sum = 0;
  for (const lane of lanes.ready()) {
    const end = ends.get(lane.key);
    if (end === undefined) continue;
    const lag = Math.max(0, end - lane.next);
    sum += lag;
    if (replays?.has(lane.lane.topic)) continue;
    events.waiting(lane.lane, waitedMs(lane, end, writtenTo.get(lane.key) ?? end, clock.monotonic()));
    events.lagging(lane.lane, lag, lag === 0 ? 0 : lane.newestAt < 0 ? null : Math.max(0, clock.now() - lane.newestAt));
  }
  return sum;
}
