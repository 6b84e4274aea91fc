import { binomialTerm } from "./incomplete-beta.ts";

/** P(K ≥ x) of the limiting distribution of √n·D: the alternating series right of 1, Jacobi's transformation of it left. */
export function kolmogorovSf(x: number): number {
  if (x <= 0) return 1;
  let sum = 0;
  if (x < 1) {
    for (let k = 1; k < 20; k++) sum += Math.exp(-(((2 * k - 1) * Math.PI) ** 2) / (8 * x * x));
    return 1 - (Math.sqrt(2 * Math.PI) / x) * sum;
  }
  for (let k = 1; k < 20; k++) sum += (k % 2 === 1 ? 1 : -1) * Math.exp(-2 * k * k * x * x);
  return 2 * sum;
}

/** x with P(K ≥ x) = p, 0 < p < 1, by halving: the distance that noise exceeds with probability p is x / √n. */
export function kolmogorovUpperQuantile(p: number): number {
  let [low, high] = [0, Math.sqrt(Math.log(2 / p) / 2) + 1e-9]; // 2e^(−2x²) bounds the tail from above
  for (let step = 0; step < 200 && high - low > high * 1e-15; step++) {
    const x = (low + high) / 2;
    if (kolmogorovSf(x) > p) low = x;
    else high = x;
  }
  return high;
}

/** Beyond n·d² = 4 both one-sided tails together cannot be told from the two-sided one (relative error below e^−8·4). */
const SIDES_APART = 4;
/** Above this many values the limit with Stephens' correction takes over. */
const EXACT_MAX = 400;

/** P(D ≥ d) of one sample of n values against a given continuous distribution. Exact up to n = 400. */
export function kolmogorovOneSampleSf(n: number, d: number): number {
  if (d <= 1 / (2 * n)) return 1;
  if (d >= 1) return 0;
  if (d >= 0.5 || n * d * d >= SIDES_APART) return Math.min(1, 2 * smirnovSf(n, d));
  if (n > EXACT_MAX) return kolmogorovSf(d * (Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n)));
  return Math.max(0, 1 - marsagliaTsangWang(n, d));
}

/** P(D⁺ ≥ d), one-sided (Birnbaum & Tingey 1951). */
function smirnovSf(n: number, d: number): number {
  let sum = 0;
  for (let j = 0; j <= n * (1 - d); j++) {
    const at = d + j / n;
    if (at >= 1) continue;
    sum += (binomialTerm(j, n - j, at) * d) / at;
  }
  return sum;
}

/** P(D < d): G. Marsaglia, W. W. Tsang, J. Wang, Evaluating Kolmogorov's distribution, J. Stat. Softw. 8 (2003). */
function marsagliaTsangWang(n: number, d: number): number {
  const k = Math.ceil(n * d);
  const h = k - n * d;
  const size = 2 * k - 1;
  const power = matrixPower(bandMatrix(size, h), n, size);
  let s = power.values[(k - 1) * size + k - 1]!; // k − 1 < size
  let exponent = power.exponent;
  for (let i = 1; i <= n; i++) {
    s = (s * i) / n;
    if (s < 1e-140) {
      s *= 1e140;
      exponent -= 140;
    }
  }
  return s * 10 ** exponent;
}

function bandMatrix(size: number, h: number): Float64Array {
  const H = new Float64Array(size * size);
  for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) H[i * size + j] = i - j + 1 < 0 ? 0 : 1;
  for (let i = 0; i < size; i++) {
    H[i * size]! -= h ** (i + 1); // i < size
    H[(size - 1) * size + i]! -= h ** (size - i); // i < size
  }
  H[(size - 1) * size]! += 2 * h - 1 > 0 ? (2 * h - 1) ** size : 0; // the corner of the matrix
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) for (let g = 2; g <= i - j + 1; g++) H[i * size + j]! /= g; // i, j < size
  }
  return H;
}

interface Scaled {
  readonly values: Float64Array;
  /** Power of ten by which `values` must be multiplied. */
  readonly exponent: number;
}

function matrixPower(base: Float64Array, n: number, size: number): Scaled {
  if (n === 1) return { values: base, exponent: 0 };
  const half = matrixPower(base, Math.floor(n / 2), size);
  let values = product(half.values, half.values, size);
  const exponent = 2 * half.exponent;
  if (n % 2 === 1) values = product(base, values, size);
  const middle = Math.floor(size / 2) * (size + 1);
  if (values[middle]! <= 1e140) return { values, exponent }; // the middle of the matrix
  return { values: values.map((v) => v * 1e-140), exponent: exponent + 140 };
}

function product(a: Float64Array, b: Float64Array, size: number): Float64Array {
  const c = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < size; k++) {
      const factor = a[i * size + k]!; // i, k < size
      for (let j = 0; j < size; j++) c[i * size + j]! += factor * b[k * size + j]!; // i, j, k < size
    }
  }
  return c;
}

/** Lattice paths of up to this many points are counted exactly. */
const LATTICE_MAX = 250_000;

export interface TwoSample {
  readonly n: number;
  readonly m: number;
  /** Largest distance of the two empirical distribution functions. */
  readonly d: number;
}

/**
 * P(D ≥ d) for two samples of n and m values without ties (with ties, and with cells, it is an upper bound). Exact while n·m is at most
 * 250,000 by the share of lattice paths that leave the band, else the limit at d·√(nm/(n + m)).
 */
export function kolmogorovTwoSampleSf({ n, m, d }: TwoSample): number {
  if (n * m > LATTICE_MAX) return kolmogorovSf(d * Math.sqrt((n * m) / (n + m)));
  const limit = d - 1e-12; // d is a fraction over n·m: rounding must not lift it over itself
  const leaves = (i: number, j: number): boolean => Math.abs(i / n - j / m) >= limit;
  const row = new Float64Array(m + 1);
  for (let i = 0; i <= n; i++) {
    for (let j = 0; j <= m; j++) {
      if (leaves(i, j)) row[j] = 1;
      else if (i + j === 0) row[j] = 0;
      else row[j] = (row[j]! * i + (j > 0 ? row[j - 1]! * j : 0)) / (i + j); // j ≤ m: which step came last is uniform over the records
    }
  }
  return row[m]!; // the whole path
}
