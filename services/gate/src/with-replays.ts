import type { Lane } from "@weir/record";
import type { Decided, RestoredState, Stage } from "@weir/stream";

/** Before the keys of the state that belongs to replays: both gates write to one topic. */
const PREFIX = "replay/";

/**
 * A gate whose replays are judged apart: what comes from the replay topic belongs to windows of its own, one a run, so
 * that a replay neither slips past the window rules nor is refused as late.
 */
export function withReplays(main: Stage, replays: Stage, replayTopic: string): Stage {
  const of = ({ topic }: Pick<Lane, "topic">): Stage => (topic === replayTopic ? replays : main);
  return {
    ...main,
    process: async (batches) => {
      const again = batches.filter((batch) => of(batch) === replays);
      if (again.length === 0) return main.process(batches);
      const decided: Decided[] = [];
      for (const batch of batches) decided.push(...(await of(batch).process([batch])));
      return decided;
    },
    position: (lane) => of(lane).position(lane),
    more: () => main.more?.() ?? replays.more?.() ?? null,
    recalled: (batch) => of(batch).recalled?.(batch) ?? [],
    held: () => (main.held?.() ?? 0) + (replays.held?.() ?? 0),
    heldSince: () => {
      const since = [main, replays].flatMap((stage) => stage.heldSince?.() ?? []);
      return since.length === 0 ? null : Math.min(...since);
    },
    snapshot: () => [...main.snapshot(), ...replays.snapshot().map((change) => ({ ...change, key: PREFIX + change.key }))],
    assign: (lane, from, state) => of(lane).assign(lane, from, of(lane) === replays ? ownOf(state) : othersOf(state)),
    revoke: (lane) => of(lane).revoke(lane),
    close: (marker) => of(marker.lane).close?.(marker) ?? [],
    stopped: (lane, now) => of(lane).stopped?.(lane, now) ?? null,
    goOn: (lane) => of(lane).goOn?.(lane),
    endOfInput: (lane) => of(lane).endOfInput?.(lane) ?? [],
  };
}

function ownOf(state: RestoredState): RestoredState {
  return new Map([...state].filter(([key]) => key.startsWith(PREFIX)).map(([key, value]) => [key.slice(PREFIX.length), value]));
}

function othersOf(state: RestoredState): RestoredState {
  return new Map([...state].filter(([key]) => !key.startsWith(PREFIX)));
}
