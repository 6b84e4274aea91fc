import { chiSquareSf } from "../chi-square.ts";
import { shares, total, type Compared, type Distance } from "./compared.ts";

/** Expected counts below this are pooled into one cell (Cochran 1954). */
const EXPECTED_MIN = 5;

export interface ChiSquareTest {
  readonly statistic: number;
  readonly df: number;
  readonly p: number;
}

/**
 * χ² test of homogeneity. The effect is Cramér's V of two samples of equal size with these shares: V of the samples as they are shrinks
 * with n/m, so that no fixed bar would mean the same for a small window and a large one.
 */
export const chi2: Distance = {
  name: "chi2",
  warn: 0.1,
  fail: 0.2,
  measure(compared) {
    const parts = shares(compared).map(({ p, q }) => (p + q === 0 ? 0 : (p - q) ** 2 / (p + q) / 2));
    const effect = Math.sqrt(parts.reduce((sum, part) => sum + part, 0));
    return { effect, p: homogeneity(compared).p, floor: () => null, parts };
  },
};

/** Are both tables drawn from one source? Cells that few records are expected in are pooled. */
export function homogeneity(compared: Compared): ChiSquareTest {
  const { baseline, window } = pooled(compared);
  const [m, n] = [total(baseline), total(window)];
  let statistic = 0;
  for (let i = 0; i < baseline.length; i++) {
    const [a, b] = [baseline[i]!, window[i]!]; // i < length
    if (a + b > 0) statistic += (a * n - b * m) ** 2 / ((a + b) * n * m);
  }
  const df = baseline.length - 1;
  return { statistic, df, p: df < 1 ? 1 : chiSquareSf(statistic, df) };
}

interface Pair {
  baseline: number;
  window: number;
}

/** Cells that few records are expected in become one; if even that stays small, it joins the smallest of the others. */
function pooled({ baseline, window }: Compared): { readonly baseline: number[]; readonly window: number[] } {
  const [m, n] = [total(baseline), total(window)];
  const expected = (pair: Pair): number => ((pair.baseline + pair.window) * Math.min(m, n)) / (m + n);
  const pairs = Array.from(baseline, (count, i): Pair => ({ baseline: count, window: window[i] ?? 0 }));
  const kept = pairs.filter((pair) => expected(pair) >= EXPECTED_MIN);
  const rest = pairs.filter((pair) => expected(pair) < EXPECTED_MIN).reduce(together, { baseline: 0, window: 0 });
  kept.sort((a, b) => expected(b) - expected(a));
  if (expected(rest) >= EXPECTED_MIN || kept.length === 0) kept.push(rest);
  else kept.push(together(kept.pop() ?? rest, rest));
  return { baseline: kept.map((pair) => pair.baseline), window: kept.map((pair) => pair.window) };
}

function together(a: Pair, b: Pair): Pair {
  return { baseline: a.baseline + b.baseline, window: a.window + b.window };
}

/** χ² of counts against expected counts, scaled to the same total. Cells of which none are expected must be empty. */
export function goodnessOfFit(observed: readonly number[], expected: readonly number[]): ChiSquareTest {
  const scale = total(observed) / total(expected);
  const statistic = observed.reduce((sum, o, i) => sum + (o - expected[i]! * scale) ** 2 / (expected[i]! * scale), 0); // of one length
  const df = observed.length - 1;
  return { statistic, df, p: df < 1 ? 1 : chiSquareSf(statistic, df) };
}
