import type { Lane } from "@weir/record";
import type { Membership, Position, Producer } from "../log.ts";
import type { SystemRecord } from "../stage.ts";
import type { Chain, Outcome } from "./chain.ts";
import { writeEndNote } from "./notes.ts";
import { createTally, type Execution } from "./execution.ts";
import type { RunnerOptions } from "./options.ts";
import { limitsOf, type Limits } from "./pace.ts";
import { createRefusals, type Refusal } from "./refusal.ts";
import { writeOutcome, writeSystem, type Writing } from "./writing.ts";

/** One execution in the making: a transaction, what was decided in it, and the entries that will tell of it. */
export interface Unit extends Limits {
  bytes(): number;
  /** By the monotonic clock, as `dueAt`. */
  readonly openedAt: number;
  fetched(ms: number): void;
  processed(ms: number): void;
  add(outcome: Outcome): void;
  /** Writes that the input of another stage's lane ends there. */
  noteEnd(controlTopic: string, lane: Lane, offset: number): void;
  /** Tells people, together with what else becomes visible. */
  tell(topic: string, records: readonly SystemRecord[]): void;
  /** The lane's input is over; told once the transaction is committed. */
  ends(lane: Lane): void;
  commit(
    positions: readonly Position[],
    previousCommitMs: number,
  ): Promise<{
    readonly entries: readonly Execution[];
    readonly records: number;
    readonly ended: readonly Lane[];
    readonly refused: readonly Refusal[];
  }>;
  /** To everybody who wanted to know that a decision is visible. */
  tellCommitted(): void;
  abort(): Promise<void>;
}

export interface UnitSetup {
  readonly options: RunnerOptions;
  readonly writing: Writing;
  readonly chain: Chain;
  readonly producer: Producer;
  readonly membership: Membership;
  /** When the transaction before it was handed to be committed, by the monotonic clock; -Infinity: there was none. */
  readonly sealedAt: number;
  /** Is the stage far behind? */
  readonly behind: boolean;
}

export function createUnit({ options, writing, chain, producer, membership, sealedAt, behind }: UnitSetup): Unit {
  const { clock } = options;
  const transaction = producer.begin();
  const incarnation = membership.incarnation;
  const startedAt = clock.now();
  const tallies = chain.links.map((l) => createTally(l.stage));
  const ended: Lane[] = [];
  const waiting: (() => void)[] = [];
  const refusals = createRefusals();
  const ms = { fetch: 0, process: 0 };
  let records = 0;
  const openedAt = clock.monotonic();
  const { dueAt, bytesMax } = limitsOf({ openedAt, sealedAt, commit: options.commit, behind });
  return {
    bytes: () => transaction.bytes,
    openedAt,
    dueAt,
    bytesMax,
    fetched: (spent) => void (ms.fetch += spent),
    processed: (spent) => void (ms.process += spent),
    noteEnd: (topic, lane, offset) => writeEndNote(transaction, topic, lane, offset),
    tell: (topic, told) => writeSystem(transaction, { topic, partition: 0 }, told),
    ends: (lane) => void ended.push(lane),
    add: (outcome) => {
      tallies[outcome.link]!.add(outcome.decided, outcome.byPort); // an outcome of this chain
      refusals.add(chain.links[outcome.link]!.stage, outcome.decided); // as above
      if (outcome.decided.onCommitted) waiting.push(outcome.decided.onCommitted);
      if (outcome.link === 0) records += outcome.decided.rows.length;
      writeOutcome(transaction, outcome, writing);
    },
    commit: async (positions, previousCommit) => {
      for (const { topic, change } of chain.snapshot()) writeSystem(transaction, { topic, partition: change.lane.partition }, [change]);
      const context = { slot: options.slot, startedAt, preparedAt: clock.now(), ms: { ...ms, previousCommit }, hash: options.hash };
      const entries = tallies.filter((t) => !t.isEmpty()).map((t) => t.execution(context));
      for (const entry of entries) {
        const partition = Math.min(...entry.in.map((range) => range.partition));
        writeSystem(transaction, { topic: options.topics.executions, partition }, [{ key: entry.stage, value: JSON.stringify(entry) }]);
      }
      await transaction.commit(positions.length === 0 ? null : { membership, incarnation, positions });
      return { entries, records, ended, refused: refusals.list() };
    },
    tellCommitted: () => {
      for (const tell of waiting) tell();
    },
    abort: () => transaction.abort().catch(() => {}), // the caller initialises all ids next
  };
}
