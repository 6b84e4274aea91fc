import { isWithin, type OffsetRange } from "./ranges.ts";

/** What became of one dead letter in one run. */
export type Outcome = "replayed" | "failed-again" | "skipped" | "parked" | "discarded";

export type RunState = "running" | "paused" | "finished" | "cancelled" | "aborted";

/** What a run does with what it selected. */
export type RunKind = "replay" | "release" | "discard";

/** A change of a run's state, as it lies in the topic of replays. */
export interface RunEntry {
  readonly v: 1;
  readonly kind: "run";
  readonly run: string;
  readonly does: RunKind;
  readonly state: RunState;
  /** RFC 3339 UTC */
  readonly at: string;
  readonly actor: string;
  readonly reason: string;
  /** Topic that the records were selected from. */
  readonly topic: string;
  readonly planDigest: string;
  /** Topics that it sends to. */
  readonly targets: readonly string[];
  /** Records of the plan. */
  readonly records: number;
  readonly ranges: readonly { readonly partition: number; readonly ranges: readonly OffsetRange[] }[];
  readonly why?: string;
}

/** What a transaction did with records of one partition. */
export interface OutcomesEntry {
  readonly v: 1;
  readonly kind: "outcomes";
  readonly run: string;
  readonly topic: string;
  readonly partition: number;
  readonly outcomes: readonly RecordOutcome[];
}

export interface RecordOutcome {
  readonly offset: number;
  /** `weir.id` of the record. */
  readonly id: string;
  readonly outcome: Outcome;
  /** Topic that it was sent to. */
  readonly to?: string;
  readonly reason?: string;
}

/** Somebody says that the trouble of a group is fixed. */
export interface FixedEntry {
  readonly v: 1;
  readonly kind: "fixed";
  readonly fingerprint: string;
  readonly version: string;
  readonly at: string;
  readonly actor: string;
}

export type LedgerEntry = RunEntry | OutcomesEntry | FixedEntry;

/** null for what cannot be read: the topic is open to later versions. */
export function parseLedgerEntry(text: string): LedgerEntry | null {
  try {
    const entry: unknown = JSON.parse(text);
    return isEntry(entry) ? entry : null;
  } catch {
    return null;
  }
}

function isEntry(entry: unknown): entry is LedgerEntry {
  if (typeof entry !== "object" || entry === null) return false;
  const members = new Map<string, unknown>(Object.entries(entry));
  const texts = (...names: readonly string[]): boolean => names.every((name) => typeof members.get(name) === "string");
  if (members.get("v") !== 1) return false;
  switch (members.get("kind")) {
    case "run":
      return (
        texts("run", "does", "state", "at", "actor", "reason", "topic", "planDigest") &&
        Array.isArray(members.get("ranges")) &&
        Array.isArray(members.get("targets"))
      );
    case "outcomes":
      return texts("run", "topic") && Number.isInteger(members.get("partition")) && Array.isArray(members.get("outcomes"));
    case "fixed":
      return texts("fingerprint", "version", "at", "actor");
    default:
      return false;
  }
}

/** A run as far as its ledger has been read. */
export interface RunStatus extends Pick<RunEntry, "run" | "does" | "state" | "actor" | "reason" | "topic" | "planDigest" | "records"> {
  readonly startedAt: string;
  readonly changedAt: string;
  readonly why: string | null;
  /** Records that were dealt with; a record that failed again counts only there. */
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly done: number;
}

/** Everything that the topic of replays says, in its order. */
export interface LedgerView {
  apply(entry: LedgerEntry): void;
  runs(): readonly RunStatus[];
  run(id: string): RunStatus | null;
  /** Its latest state change. */
  entryOf(run: string): RunEntry | null;
  /** The last outcome of the record at a place, over all runs. */
  outcomeAt(topic: string, partition: number, offset: number): Outcome | null;
  /** Has this run dealt with it? */
  hasDealt(run: string, topic: string, partition: number, offset: number): boolean;
  /** An unfinished run, other than this one, whose plan has the record. */
  claimedBy(run: string, topic: string, partition: number, offset: number): string | null;
  /** Unfinished runs in the order in which they began. */
  unfinished(): readonly RunEntry[];
  fixed(): ReadonlyMap<string, { readonly version: string; readonly at: string }>;
}

/** Is nothing left to do about it? A record that was skipped may be selected again. */
export function isSettled(outcome: Outcome | null): boolean {
  return outcome !== null && outcome !== "skipped";
}

export function isOver(state: RunState): boolean {
  return state !== "running" && state !== "paused";
}

interface RunFold {
  entry: RunEntry;
  readonly startedAt: string;
  readonly dealt: Map<string, Outcome>;
}

export function createLedgerView(): LedgerView {
  const runs = new Map<string, RunFold>();
  const latest = new Map<string, Outcome>();
  const fixed = new Map<string, { version: string; at: string }>();
  const place = (topic: string, partition: number, offset: number): string => `${topic}/${partition}/${offset}`;
  const early = new Map<string, Map<string, Outcome>>();
  const apply = (entry: LedgerEntry): void => {
    if (entry.kind === "fixed") return void fixed.set(entry.fingerprint, { version: entry.version, at: entry.at });
    if (entry.kind === "run") {
      const known = runs.get(entry.run);
      if (known) known.entry = entry;
      else runs.set(entry.run, { entry, startedAt: entry.at, dealt: early.get(entry.run) ?? new Map() });
      return;
    }
    const dealt = runs.get(entry.run)?.dealt ?? early.get(entry.run) ?? new Map<string, Outcome>();
    if (!runs.has(entry.run)) early.set(entry.run, dealt);
    for (const { offset, outcome } of entry.outcomes) {
      latest.set(place(entry.topic, entry.partition, offset), outcome);
      dealt.set(place(entry.topic, entry.partition, offset), outcome);
    }
  };
  const unfinished = (): RunEntry[] => [...runs.values()].map((r) => r.entry).filter((e) => !isOver(e.state));
  return {
    apply,
    runs: () => [...runs.values()].map(statusOf),
    run: (id) => {
      const found = runs.get(id);
      return found ? statusOf(found) : null;
    },
    entryOf: (run) => runs.get(run)?.entry ?? null,
    outcomeAt: (topic, partition, offset) => latest.get(place(topic, partition, offset)) ?? null,
    hasDealt: (run, topic, partition, offset) => runs.get(run)?.dealt.has(place(topic, partition, offset)) ?? false,
    claimedBy: (run, topic, partition, offset) => {
      const claims = (e: RunEntry): boolean =>
        e.run !== run && e.topic === topic && e.ranges.some((r) => r.partition === partition && isWithin(r.ranges, offset));
      return unfinished().find(claims)?.run ?? null;
    },
    unfinished,
    fixed: () => fixed,
  };
}

function statusOf({ entry, startedAt, dealt }: RunFold): RunStatus {
  const outcomes: Record<Outcome, number> = { replayed: 0, "failed-again": 0, skipped: 0, parked: 0, discarded: 0 };
  for (const outcome of dealt.values()) outcomes[outcome]++;
  const { run, does, state, actor, reason, topic, planDigest, records, at, why } = entry;
  return {
    run,
    does,
    state,
    actor,
    reason,
    topic,
    planDigest,
    records,
    startedAt,
    changedAt: at,
    why: why ?? null,
    outcomes,
    done: dealt.size,
  };
}
