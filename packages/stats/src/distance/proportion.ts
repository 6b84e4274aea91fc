import { fisherExact } from "../fisher.ts";
import { normalSf, normalUpperQuantile } from "../normal.ts";
import { noiseScale, shares, total, type Distance } from "./compared.ts";

/** Below this expected count in any of the four cells the exact test decides. */
const EXPECTED_MIN = 5;

/** Difference of one cell's share: two-proportion z test, Fisher's when counts are small. Two-sided. */
export const proportion: Distance = {
  name: "proportion",
  warn: 0.02,
  fail: 0.05,
  measure(compared) {
    const { baseline, window, cell = 0 } = compared;
    const [m, n, c, k] = [total(baseline), total(window), baseline[cell] ?? 0, window[cell] ?? 0];
    const pool = (c + k) / (m + n);
    const deviation = Math.sqrt(pool * (1 - pool) * noiseScale(compared));
    const difference = Math.abs(k / n - c / m);
    const small = Math.min(pool, 1 - pool) * Math.min(m, n) < EXPECTED_MIN;
    return {
      effect: difference,
      p: small ? fisherExact({ k, n, c, m }).twoSided : 2 * normalSf(difference / deviation),
      floor: (alpha) => (small ? null : normalUpperQuantile(alpha / 2) * deviation),
      parts: shares(compared).map(({ p, q }, i) => (i === cell ? Math.abs(q - p) : 0)),
    };
  },
};
