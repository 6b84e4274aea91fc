import type { Chain } from "./chain.ts";
import type { Lanes } from "./lanes.ts";
import type { Unit } from "./unit.ts";

/** From so many records on, throughput counts more than the latency of a transaction. */
const BEHIND_RECORDS = 100_000;
/** Positions that moved without output (markers) are committed when they are this old. */
const QUIET_COMMIT_MS = 1000;

export function isFarBehind(lag: number): boolean {
  return lag > BEHIND_RECORDS;
}

export function isDue(unit: Unit, now: number): boolean {
  return now >= unit.dueAt || unit.bytes() >= unit.bytesMax;
}

/** Has the position of some lane moved, without output, for so long that it should be committed by itself? */
export function movedQuietly(lanes: Lanes, chain: Chain, now: number): boolean {
  return lanes.ready().some((l) => (chain.position(l.lane) ?? l.next) > l.committed && now - l.committedAt > QUIET_COMMIT_MS);
}
