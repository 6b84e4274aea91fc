import type { RuleSpec } from "./spec.ts";

/** Which rule makes its stage take in nothing more, and for how long. */
export interface StopCause {
  readonly rule: string;
  readonly action: "pause" | "halt";
  /** Of the rule; absent: the stage's. */
  readonly owner?: string;
  /** `pause` ends by itself after so many milliseconds; null: a person ends it. */
  readonly forMs: number | null;
}

const DEFAULT_PAUSE_MS = 300_000;

/** What a breach of the rule does to its stage beside what becomes of the records; null: nothing. A rule that observes stops nothing. */
export function stopOf({ id, mode, action, owner, for: forMs = DEFAULT_PAUSE_MS }: RuleSpec): StopCause | null {
  if (mode === "off" || mode === "observe" || (action !== "pause" && action !== "halt")) return null;
  return { rule: id, action, ...(owner !== undefined && { owner }), forMs: action === "halt" ? null : forMs };
}

/** Of several rules the one that stops for longest; the first of equals. */
export function longestStop(causes: readonly StopCause[]): StopCause | null {
  const length = ({ forMs }: StopCause): number => forMs ?? Infinity;
  return causes.reduce<StopCause | null>((longest, cause) => (longest && length(longest) >= length(cause) ? longest : cause), null);
}
