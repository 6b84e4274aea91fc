import {
  addTally,
  judgeWindow,
  openTally,
  worstOf,
  type Persistence,
  type RuleSet,
  type WindowContext,
  type WindowJudgement,
} from "@weir/rules";
import type { Share } from "./heard.ts";

/** A window with what every partition has of it, in the order of partitions. */
export interface SharedWindow {
  readonly id: string;
  /** Event times; null of a batch. */
  readonly start: number | null;
  readonly end: number | null;
  readonly shares: readonly Share[];
}

/** Everything that is known of a window over all partitions. */
export interface SharedJudgement {
  readonly judgement: WindowJudgement;
  readonly records: number;
  /** More than one where partitions opened the window under different rule sets. */
  readonly ruleSets: readonly string[];
}

export function sharedWindows(shares: readonly Share[]): SharedWindow[] {
  const byId = new Map<string, Share[]>();
  for (const share of shares) byId.set(share.partial.id, [...(byId.get(share.partial.id) ?? []), share]);
  return [...byId].map(([id, of]) => {
    const { start, end } = of[0]!.partial; // a window has a share
    return { id, start, end, shares: of.sort((a, b) => a.partition - b.partition) };
  });
}

/** Sums by rule set, merged in the order of partitions; of several rule sets (a deployment within the window) the worst verdict counts. */
export function judgeShares(
  { shares, start }: SharedWindow,
  ruleSetOf: (digest: string) => RuleSet,
  remembered: ReadonlyMap<string, Persistence>,
): SharedJudgement {
  const digests = [...new Set(shares.map(({ partial }) => partial.rules))];
  const batch = batchOf(shares);
  const judged = digests.map((digest) => {
    const ruleSet = ruleSetOf(digest);
    const [first, ...others] = shares
      .filter(({ partial }) => partial.rules === digest)
      .map(({ partial }) => openTally(ruleSet, partial.tally));
    const tally = first!; // a digest comes from a share
    for (const other of others) addTally(ruleSet, tally, other);
    return { judgement: judgeWindow(ruleSet, tally, { start, remembered, ...(batch && { batch }) }), records: tally.records };
  });
  return {
    judgement: judged.map((j) => j.judgement).reduce(worstOf),
    records: judged.reduce((n, j) => n + j.records, 0),
    ruleSets: digests,
  };
}

/** What the producer said of a batch in any partition, and what all of them have; checksums add up in any order. */
export function batchOf(shares: readonly Share[]): WindowContext["batch"] {
  const told = shares.flatMap(({ partial }) => partial.batch ?? []);
  if (told.length === 0) return undefined;
  const declared = told.flatMap((batch) => batch.declared.records ?? []);
  const checksum = told.map((batch) => batch.declared.checksum).findLast((text) => text !== undefined);
  const sum = told.reduce((all, batch) => (all + Number.parseInt(batch.declared.sum ?? "0", 16)) >>> 0, 0);
  return {
    records: told.reduce((n, batch) => n + batch.records, 0),
    declared: {
      ...(declared.length > 0 && { records: Math.max(...declared) }),
      ...(checksum !== undefined && { checksum, sum: sum.toString(16).padStart(8, "0") }),
    },
  };
}
