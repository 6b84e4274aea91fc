import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { StateNote } from "../stage.ts";
import type { Chain, Outcome } from "./chain.ts";
import { followTopic, type NoteListener } from "./follow.ts";

/** Tells the chain what its state topic says. */
export interface Hearing {
  /** What the chain decides on what it was told. */
  hear(): Promise<readonly Outcome[]>;
  stop(): void;
}

const DEAF: Hearing = { hear: async () => [], stop: () => {} };

export async function createHearing(log: Log, chain: Chain, clock: Clock, { onNote, onFault }: NoteListener): Promise<Hearing> {
  if (chain.hears === null) return DEAF;
  let waiting: StateNote[] = [];
  const onNotes = (notes: readonly StateNote[]): void => {
    waiting.push(...notes);
    onNote();
  };
  const following = await followTopic(log, chain.hears, clock, { onNotes, onFault });
  return {
    hear: async () => {
      if (!following.caughtUp()) return [];
      const notes = waiting;
      waiting = [];
      return chain.hear(notes, following.partitions);
    },
    stop: () => following.stop(),
  };
}
