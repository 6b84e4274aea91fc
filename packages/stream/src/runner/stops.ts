import { laneKey } from "@weir/record";
import type { Stop } from "../stage.ts";
import { stopAlert } from "./alert.ts";
import type { Chain } from "./chain.ts";
import type { Control } from "./control.ts";
import type { RunnerEvents } from "./events.ts";
import type { Lanes, OwnedLane } from "./lanes.ts";
import type { RunnerOptions } from "./options.ts";
import type { Unit } from "./unit.ts";

/** Lanes of which a rule lets the stage take in nothing more. They stay so over restarts and hand-overs: the stage's state says it. */
export interface Stops {
  /** Stops the lanes that the stage has stopped since; their owners are told with the verdict. True: there was one. */
  notice(): boolean;
  /** Lets go on whose time is over, and what somebody let go on; with that their owners are told. */
  end(): void;
  /** Says from time to time how far stopped lanes are behind: nobody reads them. */
  tellLag(): void;
}

export interface StopsSetup {
  readonly options: RunnerOptions;
  readonly chain: Chain;
  readonly lanes: Lanes;
  readonly control: () => Control | null;
  readonly open: () => Unit;
}

const LAG_EVERY_MS = 5000;

export function createStops({ options, chain, lanes, control, open }: StopsSetup): Stops {
  const { clock, events, care, log } = options;
  let toldLagAt = -Infinity;
  const stopped = (): OwnedLane[] => [...lanes.all.values()].filter((lane) => lane.status === "stopped");
  /** In the open transaction: it commits what the stage's state says of the stop, too. */
  const tell = (lane: OwnedLane, stop: Stop, by: string | null): void => {
    const unit = open();
    if (!care?.alerts) return;
    const { topic, pipeline } = care.alerts;
    unit.tell(topic, [stopAlert(lane, stop, { pipeline, stage: chain.links[0]!.stage.id, by }, clock.now())]); // a chain has a stage
  };
  return {
    notice: () => {
      let found = false;
      for (const lane of lanes.ready()) {
        const stop = chain.stopped(lane.lane, clock.now());
        if (stop === null) continue;
        stopLane(lane, stop, chain, events);
        tell(lane, stop, null);
        found = true;
      }
      return found;
    },
    end: () => {
      for (const lane of stopped()) {
        const stop = chain.stopped(lane.lane, clock.now());
        const by = stop && endedBy(lane, stop, control(), clock.now());
        if (stop === null || by === null) continue;
        chain.goOn(lane.lane);
        Object.assign(lane, { status: "ready", reason: "", activeAt: clock.monotonic() });
        tell(lane, stop, by);
        events.resumed(lane.lane);
      }
    },
    tellLag: () => {
      const now = clock.monotonic();
      const waiting = stopped();
      if (waiting.length === 0 || now - toldLagAt < LAG_EVERY_MS) return;
      toldLagAt = now;
      const from = new Map(waiting.map(({ lane, key, next }) => [key, chain.stopped(lane, clock.now())?.next ?? next]));
      const tellOf = async (): Promise<void> => {
        const bounds = await log.bounds(waiting.map(({ lane }) => lane));
        for (const owned of waiting) {
          const { lane, key, newestAt, status } = owned;
          if (status !== "stopped" || lanes.get(lane) !== owned) continue; // it has gone on meanwhile
          const next = from.get(key)!; // it was looked up for all
          const lag = Math.max(0, (bounds.get(key)?.latest ?? 0) - next);
          events.lagging(lane, lag, lag === 0 ? 0 : newestAt < 0 ? null : Math.max(0, clock.now() - newestAt));
        }
      };
      tellOf().catch(() => {}); // a broker that is away is found out by who reads and commits
    },
  };
}

/** A lane that a rule has stopped is read no more. */
export function stopLane(lane: OwnedLane, { rule, verdict, since, until }: Stop, chain: Chain, events: Pick<RunnerEvents, "halted">): void {
  const end = until === null ? "until somebody resumes it" : `until ${new Date(until).toISOString()}`;
  const reason = `rule ${rule} of ${chain.links[0]!.stage.id} stopped ${laneKey(lane.lane)} at ${new Date(since).toISOString()} ${end}: verdict ${verdict}`; // a chain has a stage
  Object.assign(lane, { status: "stopped", reason });
  events.halted(lane.lane, reason);
}

function endedBy({ lane }: OwnedLane, stop: Stop, control: Control | null, now: number): string | null {
  if (stop.until !== null && now >= stop.until) return "time";
  return control?.resumedBy(lane, stop) ?? null;
}
