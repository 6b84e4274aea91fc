import { allRows, laneKey, RetriableError, selectRows, WeirError, type Batch } from "@weir/record";
import type { Mark, Membership } from "../log.ts";
import type { Asking } from "./asking.ts";
import { positionsByPort, type Chain, type Outcome } from "./chain.ts";
import { writeDeathMark, type DeathMark } from "./death-mark.ts";
import { deadLetterPort, poisonous } from "./isolate.ts";
import type { Lanes, OwnedLane } from "./lanes.ts";
import type { RunnerOptions } from "./options.ts";

/** Asks stages that may kill the process. */
export interface Caution extends Asking {
  /** Is something suspected? Then everything that was decided has to be committed before more is asked. */
  watches(): boolean;
}

export interface CautionSetup {
  /** Names this process among those that had its slot. */
  readonly self: string;
  readonly options: RunnerOptions;
  readonly chain: Chain;
  readonly lanes: Lanes;
  readonly asking: Asking;
  readonly membership: () => Membership;
  /** Resolves when every commit that was asked for is over; false: one of them failed. */
  readonly settled: () => Promise<boolean>;
}

/** So many processes must have ended while the record was alone with the stages: less may be chance. */
const DEATHS = 3;

/**
 * Finds the record that kills every process which works on it (a fault in the native code of a model, memory, a loop without end): a
 * mark beside the committed offset tells the next owner of the lane. Kills from outside leave marks, too, so a mark only makes the next
 * attempt smaller; a record becomes a dead letter when processes have ended with it alone and nothing else, and only while it was with the
 * stages. Only for chains without state: what one lets go may be of records that came long before.
 */
export function createCaution({ self, options, chain, lanes, asking, membership, settled }: CautionSetup): Caution {
  /**
   * A commit outside of the transactions: only of offsets that they have committed, and only while the lane is ours beyond doubt, else it
   * would move somebody's offset. The epoch is read when that is looked at, so a loss that comes later makes the broker refuse.
   */
  const mark = async (marks: readonly (readonly [OwnedLane, Omit<DeathMark, "by">])[]): Promise<void> => {
    if (!(await settled())) return;
    const member = membership();
    const sure = marks.filter(([lane]) => lane.incarnation === member.incarnation && lanes.all.has(lane.key));
    const texts = sure.map(([lane, told]): Mark => ({ ...lane.lane, offset: lane.committed, text: writeDeathMark({ by: self, ...told }) }));
    if (texts.length === 0) return;
    try {
      await options.log.mark(member, texts);
    } catch (error) {
      // Without it a death is not noticed this time: nothing else depends on it, and what the fault means the next commit will say.
      if (!(error instanceof RetriableError) && !(error instanceof WeirError)) throw error;
    }
  };
  const ask = async (batches: readonly Batch[]): Promise<readonly Outcome[]> => {
    const asked = [...new Set(batches.flatMap((batch) => lanes.get(batch) ?? []))];
    const suspect = asked.find((lane) => lane.suspicion !== null);
    if (suspect) return askOne(suspect, batches);
    const fresh = asked.filter((lane) => !lane.proven);
    if (fresh.length === 0) return asking.ask(batches);
    await mark(fresh.map((lane) => [lane, firstOf(lane, batches)] as const));
    const outcomes = await asking.ask(batches);
    for (const { lane } of fresh) Object.assign(lanes.get(lane) ?? {}, { proven: true });
    return outcomes;
  };
  /** Of one lane, so many records; the others wait. */
  const askOne = async (lane: OwnedLane, batches: readonly Batch[]): Promise<readonly Outcome[]> => {
    const { size, alone, until } = lane.suspicion!; // that is why it was chosen
    const own = batches.find((batch) => laneKey(batch) === lane.key)!; // as above
    const inside = countBefore(own, until);
    const part = firstRows(own, Math.min(size, Math.max(inside, 1)));
    for (const batch of batches) if (laneKey(batch) !== lane.key) rewind(batch);
    lanes.rewind(own, part.nextOffset);
    const now = lanes.get(own)!; // in the life that begins there
    now.suspicion = part.nextOffset < until ? { size, alone: 0, until } : null;
    now.proven = false; // what comes behind begins anew
    if (inside === 0) return asking.ask([part]);
    const link = options.replays?.get(own.topic)?.link ?? 0;
    const { stage } = chain.links[link]!; // a link of the chain
    if (part.count === 1 && alone >= DEATHS && deadLetterPort(stage) >= 0) {
      now.suspicion = null; // it was this one
      const message = `${alone} processes ended while stage ${stage.id} worked on this record alone`;
      const decided = poisonous(stage, part, message);
      return [{ link, decided, byPort: positionsByPort(decided.ports, stage.ports.length), deliveries: alone }];
    }
    const told = { size: part.count, narrowed: true, alone, until: part.nextOffset };
    await mark([[now, told]]);
    const outcomes = await asking.ask([part]);
    if (part.count === 1) await mark([[now, { ...told, survived: true }]]);
    return outcomes;
  };
  const rewind = (batch: Batch): void => {
    const first = batch.offset[0];
    const lane = lanes.get(batch);
    if (lane && first !== undefined && first < lane.next) lanes.rewind(batch, first);
  };
  return {
    ...asking,
    ask: chain.stateful ? asking.ask : ask,
    watches: () => !chain.stateful && lanes.ready().some((lane) => lane.suspicion !== null),
  };
}

function firstOf(lane: OwnedLane, batches: readonly Batch[]): Omit<DeathMark, "by"> {
  const own = batches.filter((batch) => laneKey(batch) === lane.key);
  const size = own.reduce((sum, batch) => sum + batch.count, 0);
  return { size, narrowed: false, alone: 0, until: Math.max(...own.map((batch) => batch.nextOffset)) };
}

/** Records whose offsets are below. */
function countBefore({ offset, count }: Batch, until: number): number {
  let rows = 0;
  while (rows < count && offset[rows]! < until) rows++; // rows < count
  return rows;
}

/** The batch up to a row, ending where the next record begins. */
function firstRows(batch: Batch, count: number): Batch {
  if (count >= batch.count) return batch;
  return { ...selectRows(batch, allRows(count)), nextOffset: batch.offset[count]! }; // count < batch.count
}
