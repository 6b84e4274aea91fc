import { laneKey, RetriableError, type Batch, type Lane } from "@weir/record";
import type { SystemRecord } from "../stage.ts";
import { breakerAlert } from "./alert.ts";
import { createCare, type BreakerNews, type Care, type Look } from "./care.ts";
import type { Chain, Outcome } from "./chain.ts";
import type { Lanes, OwnedLane } from "./lanes.ts";
import type { RunnerOptions } from "./options.ts";

/** Asks the stages, and holds lanes back whose records failed for no fault of their own. */
export interface Asking {
  /** What was decided, without what must be given to the stages again. */
  ask(batches: readonly Batch[]): Promise<readonly Outcome[]>;
  mayRead(lane: Lane): boolean;
  /** Is one of the lanes to be read, and does one of them wait? */
  split(ready: readonly OwnedLane[]): { readonly readable: boolean; readonly waiting: boolean };
  /** What owners are to be told since the last time: alerts for the topic, null where there is none. */
  news(): { readonly topic: string; readonly alerts: readonly SystemRecord[] } | null;
}

/** Code of the fault that makes a chain with state begin again, because some of its lanes have to wait. */
const HELD_BACK = "HELD_BACK";

export function createAsking(options: RunnerOptions, chain: Chain, lanes: Lanes): Asking {
  const { care: spec, clock, events } = options;
  if (!spec) return { ask: (batches) => chain.process(batches), mayRead: () => true, split: (ready) => ({ readable: ready.length > 0, waiting: false }), news: () => null }; // prettier-ignore
  const care = createCare(spec, () => clock.monotonic());
  const told: BreakerNews[] = [];
  const holdBack = ({ held, news }: Look, outcomes: readonly Outcome[]): readonly Outcome[] => {
    told.push(...news);
    if (held.length === 0) return outcomes;
    for (const { lane, why } of held) events.heldBack?.(lane, why);
    if (chain.stateful) throw new RetriableError(HELD_BACK, held[0]?.why ?? "");
    for (const { lane, from } of held) lanes.rewind(lane, from);
    const waiting = new Set(held.map(({ lane }) => laneKey(lane)));
    return outcomes.filter(({ decided }) => !waiting.has(laneKey(decided.batch)));
  };
  return {
    mayRead: (lane) => care.mayRead(lane),
    split: (ready) => ({ readable: ready.some((l) => care.mayRead(l.lane)), waiting: ready.some((l) => !care.mayRead(l.lane)) }),
    ask: async (batches) => {
      try {
        const outcomes = await chain.process(batches);
        return holdBack(care.look(batches, outcomes), counted(care, batches, outcomes));
      } catch (error) {
        if (!(error instanceof RetriableError) || error.code === HELD_BACK) throw error;
        const look = care.unreachable(batches, error);
        if (chain.stateful) throw error; // it begins again, and its lanes wait
        return holdBack(look, []);
      }
    },
    news: () => {
      if (told.length === 0 || !spec.alerts) return null;
      const { topic, pipeline } = spec.alerts;
      return { topic, alerts: told.splice(0).map((news) => breakerAlert(news, chain, pipeline, clock.now())) };
    },
  };
}

/** A dead letter says how often its record was tried. */
function counted(care: Care, batches: readonly Batch[], outcomes: readonly Outcome[]): readonly Outcome[] {
  const again = new Map<string, number>();
  for (const batch of batches) {
    const deliveries = care.deliveries(batch, batch.offset[0] ?? batch.nextOffset);
    if (deliveries > 1) again.set(laneKey(batch), deliveries);
  }
  if (again.size === 0) return outcomes;
  return outcomes.map((outcome) => {
    const deliveries = again.get(laneKey(outcome.decided.batch));
    return deliveries === undefined ? outcome : { ...outcome, deliveries };
  });
}
