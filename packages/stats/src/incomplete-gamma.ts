import { deviance, stirlingError } from "./log-gamma.ts";
import { fromLower, fromUpper, type Tails } from "./tails.ts";

/** More than any argument below 10^10 needs: both expansions take about 6√a steps near x = a. */
const STEPS_MAX = 1_000_000;
const EPSILON = 2 ** -53;
const TINY = 1e-300;

/**
 * Regularised incomplete gamma functions P(a, x) (lower) and Q(a, x) (upper), a > 0, x ≥ 0. Series left of a + 1, continued fraction
 * (Lentz) right of it, so that the small tail is the computed one (Abramowitz & Stegun 6.5.29, 6.5.31).
 */
export function regularisedGamma(a: number, x: number): Tails {
  if (!(a > 0) || !(x >= 0)) return { lower: NaN, upper: NaN };
  if (x === 0) return fromLower(0);
  if (x === Infinity) return fromUpper(0);
  return x < a + 1 ? fromLower(poissonTerm(a, x) * series(a, x)) : fromUpper(poissonTerm(a, x) * a * fraction(a, x));
}

/** x^a e^−x / Γ(a + 1) */
export function poissonTerm(a: number, x: number): number {
  return Math.exp(-stirlingError(a) - deviance(a, x)) / Math.sqrt(2 * Math.PI * a);
}

function series(a: number, x: number): number {
  let term = 1;
  let sum = 1;
  for (let n = 1; n < STEPS_MAX; n++) {
    term *= x / (a + n);
    sum += term;
    if (term < sum * EPSILON) break;
  }
  return sum;
}

function fraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let value = d;
  for (let i = 1; i < STEPS_MAX; i++) {
    const an = -i * (i - a);
    b += 2;
    d = 1 / awayFromZero(an * d + b);
    c = awayFromZero(b + an / c);
    value *= d * c;
    if (Math.abs(d * c - 1) < EPSILON * 2) break;
  }
  return value;
}

export function awayFromZero(x: number): number {
  return Math.abs(x) < TINY ? TINY : x;
}
