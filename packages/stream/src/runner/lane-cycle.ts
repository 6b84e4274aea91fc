import { laneKey, RetriableError, type Lane } from "@weir/record";
import type { Membership } from "../log.ts";
import type { Chain } from "./chain.ts";
import { suspicionOf } from "./death-mark.ts";
import { createWidths, findStart, partitionsMissing, type LaneStart } from "./lane-start.ts";
import { isStarted, type Lanes, type OwnedLane } from "./lanes.ts";
import type { RunnerOptions } from "./options.ts";
import { stopLane } from "./stops.ts";

/** What owning a lane means, from being given it to losing it. The stages of the chain see only lanes that are ready. */
export interface LaneCycle {
  take(lanes: readonly Lane[]): void;
  drop(lanes: readonly Lane[]): void;
  /** Looks up, beside the loop, where new lanes start: committed offset first (stable), then the state that goes with it. */
  resolveNew(membership: Membership): void;
  /** Applies what was looked up, unless the lane has begun another life since. */
  start(lane: OwnedLane, start: LaneStart): void;
  /** Every lane forgets what it read and is looked up anew. */
  restart(): void;
}

export interface LaneCycleSetup {
  /** Names this process among those that had its slot. */
  readonly self: string;
  readonly options: RunnerOptions;
  readonly chain: Chain;
  readonly lanes: Lanes;
  /** A lane's start was found; the loop applies it in its turn. */
  readonly onResolved: (lane: OwnedLane, start: LaneStart) => void;
  /** Looking a lane up failed; it may be tried again now. */
  readonly onRetry: (why: string) => void;
  readonly onFatal: (error: unknown) => void;
}

/** Pause before a lane is looked up again. */
const BACKOFF_MS = 200;
/** The same, for one that somebody has to do something about. */
const BARRED_MS = 2000;

export function createLaneCycle({ self, options, chain, lanes, onResolved, onRetry, onFatal }: LaneCycleSetup): LaneCycle {
  const { clock, events } = options;
  const narrowTopics = createWidths(options);
  const isResolving = (lane: OwnedLane): boolean =>
    lanes.get(lane.lane) === lane && (lane.status === "resolving" || lane.status === "barred");
  /** Said once for every reason; looked at again and again, because people may mend what bars it. */
  const bar = (lane: OwnedLane, reason: string): void => {
    if (lane.reason !== reason) events.halted(lane.lane, reason);
    Object.assign(lane, { status: "barred", reason });
  };
  const wait = async (lane: OwnedLane, ms: number, tell: () => void): Promise<void> => {
    if (!isResolving(lane)) return;
    tell();
    await clock.sleep(ms);
    if (isResolving(lane)) lane.status = "new";
  };
  const resolve = async (lane: OwnedLane, membership: Membership): Promise<void> => {
    try {
      const narrow = await narrowTopics(lane.lane);
      const found = narrow.length > 0 ? { barred: partitionsMissing(lane.key, narrow) } : await findStart(options, membership, lane);
      if ("from" in found) return onResolved(lane, found);
      await wait(lane, BARRED_MS, () => bar(lane, found.barred));
      onRetry(found.barred);
    } catch (error) {
      if (!(error instanceof RetriableError)) return onFatal(error);
      await wait(lane, BACKOFF_MS, () => events.retried("resolve", error.message));
      onRetry(error.message);
    }
  };
  const leave = (lane: OwnedLane | undefined): void => {
    if (lane && isStarted(lane)) chain.revoke(lane.lane);
  };
  return {
    take: (given) => {
      for (const lane of given) lanes.take(lane);
    },
    drop: (gone) => {
      for (const lane of gone) leave(lanes.drop(laneKey(lane)));
    },
    resolveNew: (membership) => {
      for (const lane of lanes.all.values()) {
        if (lane.status !== "new") continue;
        lane.status = "resolving";
        void resolve(lane, membership);
      }
    },
    start: (lane, { from, states, note, incarnation }) => {
      if (lanes.get(lane.lane) !== lane || lane.status !== "resolving") return;
      chain.assign(lane.lane, from, states);
      const now = clock.monotonic();
      if (lane.reason !== "") events.resumed(lane.lane);
      const suspicion = suspicionOf(note, self);
      if (suspicion !== null) events.suspected?.(lane.lane, from, suspicion);
      Object.assign(lane, {
        status: "ready",
        reason: "",
        next: from,
        committed: from,
        committedAt: now,
        activeAt: now,
        suspicion,
        incarnation,
      });
      const stop = chain.stopped(lane.lane, clock.now());
      if (stop !== null) stopLane(lane, stop, chain, events);
    },
    restart: () => {
      for (const old of lanes.restart()) leave(old);
    },
  };
}
