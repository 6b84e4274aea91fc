import type { Batch, FailureClass, Slices } from "@weir/record";
import type { Clock } from "../clock.ts";
import type { Compression, Guarantee, Log } from "../log.ts";
import type { BreakerSpec } from "./breaker.ts";
import type { Link } from "./chain.ts";
import type { RunnerEvents } from "./events.ts";

/** What a runner works with and by. */
export interface RunnerOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly events: RunnerEvents;
  readonly group: string;
  /** Name of the slot that this process fills: member id and transactional ids derive from it. Must be unique in the group. */
  readonly slot: string;
  readonly inputs: readonly string[];
  /** Read beside the inputs, by topic: what replays send to a stage of the chain. Headers are believed there. */
  readonly replays?: ReadonlyMap<string, ReplayInput>;
  readonly links: readonly Link[];
  /** Set on the chain that reads the entry topic: where the record's own id is, null where it has none. */
  readonly idsOf: ((batch: Batch) => Slices | null) | null;
  /** The pipeline's entry topic: ids of records without one of their own name their place in it. */
  readonly entryTopic?: string | null;
  /** Version of Weir, for dead letters. */
  readonly code?: string;
  readonly topics: { readonly executions: string; readonly verdicts: string; readonly control: string | null };
  readonly commit: { readonly everyMs: number; readonly bytes: number };
  /** A chain with state is exactly-once in any case: its state and its output would contradict each other. Absent: exactly-once. */
  readonly guarantee?: Guarantee;
  /** Of all that the chain writes; absent: none. */
  readonly compression?: Compression;
  /** Topics written by the chain that other stages read: when a finite lane is done, they are told where it ends. */
  readonly handsOnTo: readonly string[];
  /** Close windows of a lane that got nothing for so long; null: never. */
  readonly idleAfterMs: number | null;
  /** What to do where the committed offset is gone. A group without offsets always starts at the beginning. */
  readonly onOutOfRange: "stop" | "earliest" | "latest";
  /** What to do where processing fails; absent: dead letters are written at once, and what cannot be reached starts the chain again. */
  readonly care?: FailureCare;
  readonly transactionTimeoutMs: number;
  readonly minimalHeaders: boolean;
  readonly keepTimestamps: boolean;
  /** SHA-256, hex. */
  readonly hash: (data: string | Uint8Array) => string;
}

export interface ReplayInput {
  /** Index of the link that takes the records. */
  readonly link: number;
  /** Groups that read the topic in other shapes of the pipeline: whichever came furthest, the lane goes on from there. */
  readonly groups: readonly string[];
}

/** How often, and how long apart, what may pass by itself is tried again in place. */
export interface RetryPolicy {
  /** After the first. */
  readonly attempts: number;
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
  /** What follows the last: dead letters, or attempts without end. */
  readonly then: "dead-letter" | "pause";
}

export interface FailureCare {
  /** By link. */
  readonly retries: readonly RetryPolicy[];
  readonly breaker: BreakerSpec | null;
  /** Failures that count for the breaker. */
  readonly breakerClasses: ReadonlySet<FailureClass>;
  /** Where owners are told, and for which pipeline; null: nowhere. */
  readonly alerts: { readonly topic: string; readonly pipeline: string } | null;
}
