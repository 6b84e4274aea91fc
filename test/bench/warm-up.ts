import type { Ours } from "./options.ts";

/** A run that is thrown away before any counts. */
export interface WarmUp {
  readonly system: Ours;
  /** Longest distance of its commits; null: its own. */
  readonly commitMs: number | null;
}

/**
 * A young broker is busy with compiling itself. Its compiler counts calls, and most of what it has to compile is called once for a
 * request: with the few large transactions of a drain it went on for five minutes, with 28 % of the broker's time; with those of
 * a few milliseconds it is at half of that after three.
 */
export const WARM_UP: readonly WarmUp[] = [
  { system: "weir-pass", commitMs: null },
  ...Array.from({ length: 5 }, () => ({ system: "weir-fused", commitMs: 3 }) as const),
];
