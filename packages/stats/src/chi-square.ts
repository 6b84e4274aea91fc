import { poissonTerm, regularisedGamma } from "./incomplete-gamma.ts";
import { normalUpperQuantile } from "./normal.ts";
import { monotoneRoot } from "./root.ts";

/** P(X ≥ x) of χ² with `df` > 0 degrees of freedom. */
export function chiSquareSf(x: number, df: number): number {
  return regularisedGamma(df / 2, Math.max(0, x) / 2).upper;
}

/** x with P(X ≥ x) = p, 0 < p < 1, from the Wilson–Hilferty approximation by Newton's method on the smaller tail's logarithm. */
export function chiSquareUpperQuantile(p: number, df: number): number {
  if (!(p > 0 && p < 1) || !(df > 0)) return p === 0 ? Infinity : p === 1 ? 0 : NaN;
  const a = df / 2;
  const third = 1 - 2 / (9 * df) + normalUpperQuantile(p) * Math.sqrt(2 / (9 * df));
  const start = Math.max(df * third ** 3, df * 1e-3);
  const upper = p <= 0.5;
  const goal = Math.log(upper ? p : 1 - p);
  return monotoneRoot({
    at: (x) => {
      const tails = regularisedGamma(a, x / 2);
      const tail = upper ? tails.upper : tails.lower;
      const density = (poissonTerm(a, x / 2) * a) / x;
      return { value: Math.log(tail) - goal, slope: ((upper ? -1 : 1) * density) / tail };
    },
    increasing: !upper,
    low: 0,
    high: Infinity,
    start,
  });
}
