import type { Lane, RetriableError } from "@weir/record";
import type { Suspicion } from "./death-mark.ts";
import type { Execution } from "./execution.ts";
import type { Refusal } from "./refusal.ts";

/** What was tried again: reading records, finding where a lane starts, settling the transactional ids. */
export const RETRY_KINDS = ["fetch", "resolve", "init"] as const;
export type RetryKind = (typeof RETRY_KINDS)[number];

/** What a runner tells its service: one call per event of the domain. */
export interface RunnerEvents {
  /** A transaction became visible; `entries` has one execution per stage of the chain, `refused` its dead letters. */
  committed(entries: readonly Execution[], times: CommitTimes, refused: readonly Refusal[]): void;
  /** Nothing of what was open is committed; its `code` says why. */
  aborted(error: RetriableError): void;
  assigned(lanes: readonly Lane[]): void;
  revoked(lanes: readonly Lane[], lost: boolean): void;
  /**
   * After every fetch that was answered: records between the position and the last stable offset, held ones apart, and
   * how old the newest record taken in is while there are others behind it (null: none was taken in yet).
   */
  lagging(lane: Lane, records: number, ageMs: number | null): void;
  /** After every fetch: for how long records have been there that an open transaction of their producer keeps from being read; 0: none. */
  waiting(lane: Lane, ms: number): void;
  /** A lane cannot go on; the others do. */
  halted(lane: Lane, reason: string): void;
  /** A halted lane goes on. */
  resumed(lane: Lane): void;
  /** Records that cannot be read were left out because somebody said so. */
  skipped(lane: Lane, from: number, to: number): void;
  /** There is work and nothing moved for so long; `fault` is what the environment said last, null when it said nothing. */
  stuck(ms: number, fault: string | null): void;
  /** A lane waits because what it was given failed; it goes on by itself. */
  heldBack?(lane: Lane, why: string): void;
  /** A process died, or was lost, while records from there on were with its stages; they are tried in parts. */
  suspected?(lane: Lane, from: number, suspicion: Suspicion): void;
  retried(kind: RetryKind, message: string): void;
  /** All records of a finite lane have been decided and committed. */
  ended(lane: Lane): void;
}

export interface CommitTimes {
  /** From the request to commit until the transaction was visible. */
  readonly commitMs: number;
  /** From the first record decided in it until it was visible. */
  readonly transactionMs: number;
  /** Decided by the first stage of the chain. */
  readonly records: number;
}
