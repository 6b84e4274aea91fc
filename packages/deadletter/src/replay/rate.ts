/** How fast: records a second, reached over `rampMs` from a tenth of it. */
export interface Pace {
  readonly perSecond: number;
  readonly rampMs: number;
}

/** Records that may have been sent after so long: the integral of the rate. */
export function allowedBy({ perSecond, rampMs }: Pace, elapsedMs: number): number {
  const perMs = perSecond / 1000;
  if (rampMs <= 0) return Math.floor(perMs * elapsedMs);
  const t = Math.min(elapsedMs, rampMs);
  const ramping = perMs * (0.1 * t + (0.45 * t * t) / rampMs);
  return Math.floor(ramping + perMs * Math.max(0, elapsedMs - rampMs));
}

/** How long so many records take. */
export function durationOf({ perSecond, rampMs }: Pace, records: number): number {
  const ramped = allowedBy({ perSecond, rampMs }, rampMs);
  if (records >= ramped) return Math.round(rampMs + ((records - ramped) * 1000) / perSecond);
  let [low, high] = [0, rampMs];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (allowedBy({ perSecond, rampMs }, middle) < records) low = middle;
    else high = middle;
  }
  return high;
}
