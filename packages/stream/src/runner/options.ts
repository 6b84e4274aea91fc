import type { Batch, Slices } from "@weir/record";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
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
  readonly links: readonly Link[];
  /** Set on the chain that reads the entry topic: where the record's own id is, null where it has none. */
  readonly idsOf: ((batch: Batch) => Slices | null) | null;
  readonly topics: { readonly executions: string; readonly verdicts: string; readonly control: string | null };
  readonly commit: { readonly everyMs: number; readonly bytes: number };
  /** Topics written by the chain that other stages read: when a finite lane is done, they are told where it ends. */
  readonly handsOnTo: readonly string[];
  /** Close windows of a lane that got nothing for so long; null: never. */
  readonly idleAfterMs: number | null;
  /** What to do where the committed offset is gone. A group without offsets always starts at the beginning. */
  readonly onOutOfRange: "stop" | "earliest" | "latest";
  readonly transactionTimeoutMs: number;
  readonly minimalHeaders: boolean;
  readonly keepTimestamps: boolean;
  /** SHA-256, hex. */
  readonly hash: (data: string | Uint8Array) => string;
}
