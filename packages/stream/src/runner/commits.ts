import type { Lane } from "@weir/record";
import type { Position } from "../log.ts";
import type { Chain } from "./chain.ts";
import type { Lanes } from "./lanes.ts";
import type { RunnerOptions } from "./options.ts";
import type { Unit } from "./unit.ts";

/** Transactions whose commit was asked for, oldest first. */
export interface Commits {
  /** How many are not acknowledged. */
  readonly pending: number;
  /** Waits until another commit may be asked for. */
  room(): Promise<void>;
  /** Asks for the commit of what the unit holds, with the positions of all lanes that stages know. */
  start(unit: Unit): void;
  /** All that were asked for are committed or have failed. */
  settled(): Promise<void>;
}

export interface CommitsSetup {
  readonly options: RunnerOptions;
  readonly chain: Chain;
  readonly lanes: Lanes;
  readonly onCommitted: () => void;
  /** The input of a lane is over and everything of it is committed. */
  readonly onEnded: (lane: Lane) => void;
  readonly onFault: (error: unknown) => void;
}

/** Commits that are not acknowledged. With the transaction that fills they are fewer than the producer's ids. */
const MAX_COMMITTING = 2;

export function createCommits({ options, chain, lanes, onCommitted, onEnded, onFault }: CommitsSetup): Commits {
  const { clock, events } = options;
  /** They never reject: a fault is told. */
  const under: Promise<void>[] = [];
  let previousMs = 0;

  const commit = async (unit: Unit, moved: readonly Position[]): Promise<void> => {
    const started = clock.monotonic();
    try {
      const { entries, records, ended, refused } = await unit.commit(moved, previousMs);
      const now = clock.monotonic();
      previousMs = now - started;
      unit.tellCommitted();
      onCommitted();
      events.committed(entries, { commitMs: previousMs, transactionMs: now - unit.openedAt, records }, refused);
      for (const lane of ended) {
        events.ended(lane);
        onEnded(lane);
      }
    } catch (error) {
      onFault(error);
    }
  };

  return {
    get pending() {
      return under.length;
    },
    room: async () => {
      while (under.length >= MAX_COMMITTING) await under[0];
    },
    start: (unit) => {
      const committing = commit(unit, takePositions(chain, lanes, clock.monotonic()));
      under.push(committing);
      void committing.then(() => under.splice(under.indexOf(committing), 1));
    },
    settled: async () => {
      await Promise.all(under);
    },
  };
}

/**
 * Positions of all lanes, moved or not; from now on they count as handed to a commit. A transaction that commits an offset is
 * refused when the group has given the lane to another process, and one that only writes state must be refused then, too.
 */
function takePositions(chain: Chain, lanes: Lanes, now: number): Position[] {
  const positions: Position[] = [];
  for (const lane of lanes.started()) {
    const offset = chain.position(lane.lane) ?? lane.next;
    lane.committedAt = now;
    lane.committed = Math.max(lane.committed, offset);
    positions.push({ ...lane.lane, offset: lane.committed });
  }
  return positions;
}
