import type { FetchPace } from "../log.ts";

/** Longest pause when there is nothing to do. */
export const IDLE_MS: number = 100;
/**
 * Of one fetch, over all partitions of a broker, two full batches of our own; as much again is on its way while it is worked
 * on. With four times as much, what a fetch became lived so long that only full collections of the garbage found it.
 */
export const FETCH_BYTES: number = 2 * 900 * 1024;
/** Pause before an attempt is repeated. */
export const BACKOFF_MS: number = 200;
/** A stage that keeps up asks so often, not for every record. */
export const FETCH_PACE: FetchPace = { fewRecords: 256, pauseMs: 5 };
/** Longest time with work and without progress: twice a request that nobody answers, and the wait for a transaction that was left open. */
export const PATIENCE_MS: number = 60_000;
