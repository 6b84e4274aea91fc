/** What the answer of a window rule rests on. */
export interface Evidence {
  /** Records that broke the rule; null where the rule does not count any. */
  readonly k: number | null;
  readonly n: number;
  /** Distance to the baseline, for rules that measure one. */
  readonly effect: number | null;
}

/** `41 of 500 (8.2 %)`, `distance 0.31`, or the records that were looked at. */
export function evidenceText({ k, n, effect }: Evidence): string {
  if (effect !== null) return `distance ${effect.toFixed(2)}`;
  if (k === null) return `${n} records`;
  return n === 0 ? "-" : `${k} of ${n} (${((100 * k) / n).toFixed(1)} %)`;
}
