/** What may happen to a pipeline in a soak, and how often compared with the others. */
export const KINDS = {
  "answer cut": 6,
  "answer lost": 2,
  "request cut": 4,
  "request held": 4,
  "all connections cut": 4,
  "slow network": 3,
  "narrow network": 2,
  "one-way loss": 2,
  "process killed": 6,
  "process replaced": 3,
  "process frozen": 3,
  "process busy": 2,
  "broker restarted": 1,
  "broker killed": 1,
} as const;
export type Kind = keyof typeof KINDS;

export const APIS = [
  "Fetch",
  "Produce",
  "TxnOffsetCommit",
  "EndTxn",
  "ConsumerGroupHeartbeat",
  "InitProducerId",
  "OffsetFetch",
  "ListOffsets",
  "Metadata",
  "FindCoordinator",
  "ApiVersions",
] as const;

/** The next kind, by weight. */
export function drawKind(random: () => number): Kind {
  const entries = weights();
  const total = entries.reduce((sum, [, weight]) => sum + weight, 0);
  let at = random() * total;
  for (const [kind, weight] of entries) {
    at -= weight;
    if (at < 0) return kind;
  }
  return "answer cut";
}

export function pick<T>(random: () => number, list: readonly T[]): T {
  const item = list[Math.floor(random() * list.length)];
  if (item === undefined) throw new Error("nothing to pick from");
  return item;
}

function weights(): [Kind, number][] {
  const kinds: Kind[] = [];
  for (const kind in KINDS) if (isKind(kind)) kinds.push(kind);
  return kinds.map((kind) => [kind, KINDS[kind]]);
}

function isKind(kind: string): kind is Kind {
  return Object.hasOwn(KINDS, kind);
}
