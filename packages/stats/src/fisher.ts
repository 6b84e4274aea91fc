import { binomialTerm } from "./incomplete-beta.ts";

/** k of n in the one sample, c of m in the other. */
export interface TwoByTwo {
  readonly k: number;
  readonly n: number;
  readonly c: number;
  readonly m: number;
}

export interface FisherTest {
  /** P(K ≥ k): is the first rate higher? */
  readonly greater: number;
  /** P(K ≤ k): is the first rate lower? */
  readonly less: number;
  /** Sum over all tables that are at most as probable as the one seen. */
  readonly twoSided: number;
}

/** Tables whose probabilities differ by less count as equally probable. */
const TIE = 1 + 1e-7;

/** Fisher's exact test. The hypergeometric terms are summed outwards from the one seen, so far tails keep their digits. */
export function fisherExact(table: TwoByTwo): FisherTest {
  const { k, n, c, m } = table;
  const [least, most] = [Math.max(0, k + c - m), Math.min(n, k + c)];
  const seen = hypergeometric(k, table);
  const above = walk(k, most, seen, (i) => ratio(i, table));
  const below = walk(k, least, seen, (i) => 1 / ratio(i - 1, table));
  return { greater: clip(seen + above.sum), less: clip(seen + below.sum), twoSided: clip(twoSided(table, { least, most, seen })) };
}

/** P(K = k) given k + c successes over n + m, in Loader's form. */
function hypergeometric(k: number, { k: k0, n, c, m }: TwoByTwo): number {
  const total = k0 + c;
  const p = total / (n + m);
  if (p === 0 || p === 1) return 1;
  const other = total - k;
  return (binomialTerm(k, n - k, p) / binomialTerm(total, n + m - total, p)) * binomialTerm(other, m - other, p);
}

/** P(K = i + 1) / P(K = i) */
function ratio(i: number, { k, n, c, m }: TwoByTwo): number {
  const other = k + c - i;
  return ((n - i) * other) / ((i + 1) * (m - other + 1));
}

function walk(from: number, to: number, first: number, factor: (i: number) => number): { readonly sum: number } {
  let term = first;
  let sum = 0;
  const step = to >= from ? 1 : -1;
  for (let i = from; i !== to; i += step) {
    term *= factor(i);
    const next = sum + term;
    if (next === sum && term < first) break;
    sum = next;
  }
  return { sum };
}

interface Range {
  readonly least: number;
  readonly most: number;
  readonly seen: number;
}

/** Unimodal: from each end inwards up to where the terms exceed the one seen. */
function twoSided(table: TwoByTwo, { least, most, seen }: Range): number {
  const mode = Math.min(most, Math.max(least, Math.floor(((table.n + 1) * (table.k + table.c + 1)) / (table.n + table.m + 2))));
  const limit = seen * TIE;
  const first = lastWithin(least, mode, (i) => hypergeometric(i, table) <= limit, 1);
  const last = lastWithin(most, mode, (i) => hypergeometric(i, table) <= limit, -1);
  if (first !== null && last !== null && first >= last) return 1;
  const left = first === null ? 0 : tail(first, least, table, -1);
  const right = last === null ? 0 : tail(last, most, table, 1);
  return hypergeometric(mode, table) <= limit ? 1 : left + right;
}

function tail(at: number, end: number, table: TwoByTwo, step: 1 | -1): number {
  const first = hypergeometric(at, table);
  return first + walk(at, end, first, step === 1 ? (i) => ratio(i, table) : (i) => 1 / ratio(i - 1, table)).sum;
}

/** The place nearest to `to` that still satisfies a condition which holds from `from` up to there; null when it holds nowhere. */
function lastWithin(from: number, to: number, holds: (i: number) => boolean, step: 1 | -1): number | null {
  if (!holds(from)) return null;
  let [good, bad] = [from, to];
  while (Math.abs(bad - good) > 1) {
    const middle = good + step * Math.floor(Math.abs(bad - good) / 2);
    if (holds(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

function clip(p: number): number {
  return Math.min(1, p);
}
