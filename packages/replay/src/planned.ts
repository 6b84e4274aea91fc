import { isWithin, type Letter, type ReplayPlan } from "@weir/deadletter";
import type { Log } from "@weir/stream";
import type { Stretch } from "./lanes.ts";
import { readLetters } from "./letters.ts";
import type { Patience } from "./read-stretch.ts";

/** The letters of a plan, each partition's in the order of the log. */
export async function* plannedLetters(log: Log, plan: ReplayPlan, patience?: Patience): AsyncGenerator<Letter> {
  const ranges = new Map(plan.partitions.map((p) => [p.partition, p.ranges]));
  const stretches = plan.partitions.flatMap(({ partition, ranges: own }): Stretch[] => {
    const [first, last] = [own[0], own[own.length - 1]];
    return first && last ? [{ topic: plan.topic, partition, offset: first.first, end: last.last + 1 }] : [];
  });
  for await (const { partition, offset, letter } of readLetters(log, stretches, patience)) {
    if (letter !== null && isWithin(ranges.get(partition) ?? [], offset)) yield letter;
  }
}
