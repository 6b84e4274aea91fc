/** A topic to create; the shape of `@weir/stream`'s `TopicSpec`. */
export interface TopicPlan {
  readonly name: string;
  readonly family: TopicFamily;
  readonly partitions: number;
  readonly configs: Readonly<Record<string, string>>;
}

export type TopicFamily =
  | "entry"
  | "data"
  | "quarantine"
  | "dead-letters"
  | "parked"
  | "waiting"
  | "replay"
  | "replays"
  | "executions"
  | "verdicts"
  | "state"
  | "receipts"
  | "control"
  | "audit"
  | "alerts";

const DAY_MS = 86_400_000;

interface Family {
  /** null: compacted, the newest record of each key stays; -1: kept for good. */
  readonly retentionMs: number | null;
  /** The entry topic keeps the broker's limit (1 MiB by default), so that a record that just fitted there fits the others with its headers. */
  readonly maxMessageBytes: number | null;
}

const MIB = 1_048_576;

/** What is kept and for how long, for every family of topics. */
export const TOPIC_FAMILIES: Readonly<Record<TopicFamily, Family>> = {
  entry: { retentionMs: 7 * DAY_MS, maxMessageBytes: null },
  data: { retentionMs: 7 * DAY_MS, maxMessageBytes: 2 * MIB },
  quarantine: { retentionMs: 30 * DAY_MS, maxMessageBytes: 2 * MIB },
  "dead-letters": { retentionMs: 30 * DAY_MS, maxMessageBytes: 2 * MIB },
  parked: { retentionMs: 90 * DAY_MS, maxMessageBytes: 2 * MIB },
  // They wait as long as nobody deals with the one before them.
  waiting: { retentionMs: -1, maxMessageBytes: 2 * MIB },
  // Longer than dead letters are kept: it says which of them are settled.
  replays: { retentionMs: 90 * DAY_MS, maxMessageBytes: 2 * MIB },
  replay: { retentionMs: 7 * DAY_MS, maxMessageBytes: 2 * MIB },
  executions: { retentionMs: 7 * DAY_MS, maxMessageBytes: 2 * MIB },
  verdicts: { retentionMs: 90 * DAY_MS, maxMessageBytes: 2 * MIB },
  state: { retentionMs: null, maxMessageBytes: 2 * MIB },
  receipts: { retentionMs: DAY_MS, maxMessageBytes: 2 * MIB },
  control: { retentionMs: null, maxMessageBytes: 2 * MIB },
  alerts: { retentionMs: 90 * DAY_MS, maxMessageBytes: 2 * MIB },
  audit: { retentionMs: -1, maxMessageBytes: 2 * MIB },
};

/** Topics whose records need one order. */
const ONE_PARTITION: ReadonlySet<TopicFamily> = new Set(["replays", "audit", "alerts"]);

/** Topics of which only the newest record of each key is wanted, and that only for a while. */
const COMPACTED_AND_DELETED: ReadonlySet<TopicFamily> = new Set(["receipts"]);

/** `atLeastMs`: what a stage that holds needs, because the log is the buffer of its open windows; how long repeats are known. */
export function planTopic(name: string, family: TopicFamily, partitions: number, atLeastMs = 0): TopicPlan {
  const { retentionMs, maxMessageBytes } = TOPIC_FAMILIES[family];
  const configs: Record<string, string> =
    retentionMs === null
      ? { "cleanup.policy": "compact" }
      : {
          "cleanup.policy": COMPACTED_AND_DELETED.has(family) ? "compact,delete" : "delete",
          "retention.ms": String(retentionMs < 0 ? -1 : Math.max(retentionMs, atLeastMs)),
        };
  if (maxMessageBytes !== null) configs["max.message.bytes"] = String(maxMessageBytes);
  return { name, family, partitions: ONE_PARTITION.has(family) ? 1 : partitions, configs };
}
