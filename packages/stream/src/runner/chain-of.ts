import { createChain, type Chain } from "./chain.ts";
import type { RunnerOptions } from "./options.ts";

/** Records of one fetch that a stage may not bear; with more of them it is the stage that is broken, and the process stops. */
const FEW_POISON = 10;

/** The chain that a runner drives. Where a breaker stops the flood, any number of records may turn out to be poison. */
export function chainOf({ links, replays = new Map(), care }: RunnerOptions): Chain {
  const mostPoison = care ? (care.breaker === null ? FEW_POISON : Infinity) : 0;
  return createChain(links, { entries: new Map([...replays].map(([topic, { link }]) => [topic, link])), mostPoison });
}
