import { laneKey, type Lane } from "@weir/record";
import type { Chain, Outcome } from "./chain.ts";
import type { Control } from "./control.ts";
import type { Lanes, OwnedLane } from "./lanes.ts";
import type { RunnerOptions } from "./options.ts";
import type { Unit } from "./unit.ts";

/** What is judged because nothing more comes: at the end of finite input, at the end of a replay, after silence. */
export interface Endings {
  /** Lanes that have been read to the end that somebody declared. */
  closeEnded(): Promise<void>;
  /** Lanes that got nothing for long. */
  closeIdle(): Promise<void>;
  /** Everything of a finite lane is out: the stages that read on are told where their input ends. */
  handOn(lane: Lane): Promise<void>;
}

export interface EndingsSetup {
  readonly options: RunnerOptions;
  readonly chain: Chain;
  readonly lanes: Lanes;
  readonly control: () => Control | null;
  readonly decide: (outcomes: readonly Outcome[]) => Promise<void>;
  readonly open: () => Unit;
}

export function createEndings({ options, chain, lanes, control, decide, open }: EndingsSetup): Endings {
  const { replays, idleAfterMs, clock, handsOnTo, log, topics } = options;
  /** Where everything before the end is decided, what is open came later: a next run's records. */
  const endReplay = async ({ lane, next }: OwnedLane, end: number): Promise<void> => {
    if ((chain.position(lane) ?? next) < end) await decide(await chain.endOfInput(lane));
  };
  return {
    closeEnded: async () => {
      for (const lane of lanes.ready()) {
        const end = control()?.endOf(lane.lane) ?? -1;
        if (end >= 0 && lane.next >= end && lane.endedAt < end) {
          const replay = replays?.has(lane.lane.topic) ?? false;
          Object.assign(lane, { endedAt: end, ending: !replay });
          if (replay) await endReplay(lane, end);
          else await decide(await chain.endOfInput(lane.lane));
        }
        // It is over when nothing of it is held, which may wait for the owners of other lanes.
        if (!lane.ending || chain.position(lane.lane) !== null) continue;
        lane.ending = false;
        open().ends(lane.lane);
      }
    },
    closeIdle: async () => {
      if (idleAfterMs === null) return;
      const now = clock.monotonic();
      for (const lane of lanes.ready()) {
        if (replays?.has(lane.lane.topic)) continue; // its run says when it is over
        if (lane.markedAt === lane.next || now - lane.activeAt < idleAfterMs || !chain.mindsSilence(lane.lane)) continue;
        lane.markedAt = lane.next;
        await decide(await chain.close({ lane: lane.lane, offset: lane.next, watermark: Number.MAX_SAFE_INTEGER }));
      }
    },
    handOn: async ({ partition }) => {
      const ends = handsOnTo.map((topic) => ({ topic, partition }));
      if (ends.length === 0 || topics.control === null) return;
      const bounds = await log.bounds(ends);
      for (const lane of ends) open().noteEnd(topics.control, lane, bounds.get(laneKey(lane))?.end ?? 0);
    },
  };
}
