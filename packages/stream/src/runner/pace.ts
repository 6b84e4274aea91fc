import type { Chain } from "./chain.ts";
import type { Lanes } from "./lanes.ts";

/** From so many records on, throughput counts more than the latency of a transaction. */
const BEHIND_RECORDS = 100_000;
/** Positions that moved without output (markers) are committed when they are this old. */
const QUIET_COMMIT_MS = 1000;

/** How much longer and larger transactions are while a stage is far behind: what each costs the broker is worth more than its latency then. */
const STRETCH = 4;

export interface Opening {
  /** By the monotonic clock, as all moments here. */
  readonly openedAt: number;
  /** When the transaction before it was handed to be committed; -Infinity: there was none. */
  readonly sealedAt: number;
  readonly commit: { readonly everyMs: number; readonly bytes: number };
  /** Is the stage far behind? */
  readonly behind: boolean;
}

/** A transaction is to be committed when one of them is reached. */
export interface Limits {
  readonly dueAt: number;
  readonly bytesMax: number;
}

/**
 * Until when a transaction may gather, and how much. Commits are so far apart, not decisions and their commits: what comes after a
 * while of silence is committed at once, what follows it within the usual time. Far behind it is filled in any case.
 */
export function limitsOf({ openedAt, sealedAt, commit, behind }: Opening): Limits {
  if (behind) return { dueAt: openedAt + STRETCH * commit.everyMs, bytesMax: STRETCH * commit.bytes };
  return { dueAt: Math.max(openedAt, sealedAt + commit.everyMs), bytesMax: commit.bytes };
}

export function isFarBehind(lag: number): boolean {
  return lag > BEHIND_RECORDS;
}

export function isDue(unit: Limits & { bytes(): number }, now: number): boolean {
  return now >= unit.dueAt || unit.bytes() >= unit.bytesMax;
}

/** Has the position of some lane moved, without output, for so long that it should be committed by itself? */
export function movedQuietly(lanes: Lanes, chain: Chain, now: number): boolean {
  return lanes.ready().some((l) => (chain.position(l.lane) ?? l.next) > l.committed && now - l.committedAt > QUIET_COMMIT_MS);
}
