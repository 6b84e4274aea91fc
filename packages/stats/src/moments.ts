/** Count, mean and sum of squared deviations. Float sums: the order matters in the last digits, so add and merge in the log's order. */
export interface Moments {
  readonly n: number;
  readonly mean: number;
  readonly m2: number;
}

export const NO_MOMENTS: Moments = { n: 0, mean: 0, m2: 0 };

/** One value more (Welford 1962). */
export function addValue({ n, mean, m2 }: Moments, x: number): Moments {
  const delta = x - mean;
  const next = mean + delta / (n + 1);
  return { n: n + 1, mean: next, m2: m2 + delta * (x - next) };
}

/** Two disjoint samples as one (Chan, Golub & LeVeque 1979). */
export function mergeMoments(a: Moments, b: Moments): Moments {
  if (a.n === 0) return b;
  if (b.n === 0) return a;
  const n = a.n + b.n;
  const delta = b.mean - a.mean;
  return { n, mean: a.mean + (delta * b.n) / n, m2: a.m2 + b.m2 + (delta * delta * a.n * b.n) / n };
}

/** Unbiased; NaN below two values. */
export function varianceOf({ n, m2 }: Moments): number {
  return n < 2 ? NaN : m2 / (n - 1);
}
