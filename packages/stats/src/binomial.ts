import { regularisedBeta, betaTerm } from "./incomplete-beta.ts";
import { normalUpperQuantile } from "./normal.ts";
import { monotoneRoot } from "./root.ts";

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** P(X ≥ k), X binomial(n, p): one-sided exact test of "the rate is at most p". */
export function binomialAtLeast(k: number, n: number, p: number): number {
  if (k <= 0) return 1;
  if (k > n) return 0;
  return regularisedBeta(p, k, n - k + 1).lower;
}

/** P(X ≤ k), X binomial(n, p). */
export function binomialAtMost(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  if (k >= n) return 1;
  return regularisedBeta(p, k + 1, n - k).upper;
}

/** Exact interval for a rate of k in n at confidence 1 − alpha (Clopper & Pearson 1934). [0, 1] while n = 0. */
export function clopperPearson(k: number, n: number, alpha: number): Interval {
  return {
    low: k === 0 ? 0 : betaQuantile({ tail: "lower", p: alpha / 2, a: k, b: n - k + 1 }),
    high: k === n ? 1 : betaQuantile({ tail: "upper", p: alpha / 2, a: k + 1, b: n - k }),
  };
}

/** Score interval for a rate of k in n at confidence 1 − alpha (Wilson 1927). [0, 1] while n = 0. */
export function wilson(k: number, n: number, alpha: number): Interval {
  if (n === 0) return { low: 0, high: 1 };
  const z = normalUpperQuantile(alpha / 2);
  const rate = k / n;
  const centre = rate + (z * z) / (2 * n);
  const half = z * Math.sqrt((rate * (1 - rate)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return { low: k === 0 ? 0 : (centre - half) / scale, high: k === n ? 1 : (centre + half) / scale };
}

export interface BetaQuantile {
  /** Which tail holds the probability p. */
  readonly tail: "lower" | "upper";
  readonly p: number;
  readonly a: number;
  readonly b: number;
}

/** x such that the given tail of beta(a, b) is p, 0 < p < 1. */
export function betaQuantile({ tail, p, a, b }: BetaQuantile): number {
  return monotoneRoot({
    at: (x) => {
      const value = regularisedBeta(x, a, b)[tail];
      const slope = betaTerm(x, a, b) / (x * (1 - x));
      return { value: Math.log(value / p), slope: ((tail === "lower" ? 1 : -1) * slope) / value };
    },
    increasing: tail === "lower",
    low: 0,
    high: 1,
    start: a / (a + b),
  });
}
