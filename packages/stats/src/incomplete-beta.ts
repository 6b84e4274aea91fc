import { awayFromZero } from "./incomplete-gamma.ts";
import { deviance, stirlingError } from "./log-gamma.ts";
import { fromLower, fromUpper, type Tails } from "./tails.ts";

const STEPS_MAX = 1_000_000;
const EPSILON = 2 ** -52;

/**
 * Regularised incomplete beta function I_x(a, b) (lower) and 1 − I_x(a, b) (upper), a, b > 0, 0 ≤ x ≤ 1, by its continued fraction
 * (Lentz) on the side where it converges, so that the small tail is the computed one (Abramowitz & Stegun 26.5.8).
 */
export function regularisedBeta(x: number, a: number, b: number): Tails {
  if (!(a > 0) || !(b > 0) || !(x >= 0 && x <= 1)) return { lower: NaN, upper: NaN };
  if (x === 0) return fromLower(0);
  if (x === 1) return fromUpper(0);
  const density = betaTerm(x, a, b);
  return x < (a + 1) / (a + b + 2) ? fromLower((density / a) * fraction(x, a, b)) : fromUpper((density / b) * fraction(1 - x, b, a));
}

/** x^a (1 − x)^b / B(a, b), in Loader's form: exact to a few last digits even for a + b in the millions. */
export function betaTerm(x: number, a: number, b: number): number {
  return binomialTerm(a, b, x) * ((a * b) / (a + b));
}

/** C(a + b, a) x^a (1 − x)^b for a, b ≥ 0, not only whole ones. */
export function binomialTerm(a: number, b: number, x: number): number {
  const n = a + b;
  if (a === 0) return Math.exp(n * Math.log1p(-x));
  if (b === 0) return Math.exp(n * Math.log(x));
  const correction = stirlingError(n) - stirlingError(a) - stirlingError(b);
  return Math.exp(correction - deviance(a, n * x) - deviance(b, n * (1 - x))) * Math.sqrt(n / (2 * Math.PI * a * b));
}

function fraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m < STEPS_MAX; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / awayFromZero(1 + even * d);
    c = awayFromZero(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / awayFromZero(1 + odd * d);
    c = awayFromZero(1 + odd / c);
    value *= d * c;
    if (Math.abs(d * c - 1) < EPSILON) break;
  }
  return value;
}
