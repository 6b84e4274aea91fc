import { createChain, type Chain } from "./chain.ts";
import type { RunnerOptions } from "./options.ts";
import { sequencedStage } from "../sequenced/sequenced-stage.ts";

/** Records of one fetch that a stage may not bear; with more of them it is the stage that is broken, and the process stops. */
const FEW_POISON = 10;

/** The chain that a runner drives. Where a breaker stops the flood, any number of records may turn out to be poison. */
export function chainOf({ links: given, replays = new Map(), care, hash }: RunnerOptions): Chain {
  const mostPoison = care ? (care.breaker === null ? FEW_POISON : Infinity) : 0;
  const links = given.map((link) => {
    if (link.sequenced === undefined) return link;
    return { ...link, stage: sequencedStage(link.stage, { ...link.sequenced, mostPoison, hash }) };
  });
  const waiting = given.flatMap(({ sequenced }, i) => (sequenced ? [[sequenced.waiting, i] as const] : []));
  return createChain(links, {
    entries: new Map([...[...replays].map(([topic, { link }]) => [topic, link] as const), ...waiting]),
    mostPoison,
  });
}
