import { kolmogorovTwoSampleSf, kolmogorovUpperQuantile } from "../kolmogorov.ts";
import { shares, total, type Distance } from "./compared.ts";

/**
 * Kolmogorov–Smirnov distance over ordered cells. Cells without a place (null, NaN) stand at the end, so that records which lose their
 * value count. Cells can only hide distance, so p is an upper bound.
 */
export const ks: Distance = {
  name: "ks",
  warn: 0.1,
  fail: 0.2,
  measure(compared) {
    const [m, n] = [total(compared.baseline), total(compared.window)];
    const cells = shares(compared);
    let difference = 0;
    let effect = 0;
    for (const { p, q } of cells) {
      difference += q - p;
      effect = Math.max(effect, Math.abs(difference));
    }
    return {
      effect,
      p: kolmogorovTwoSampleSf({ n, m, d: effect }),
      floor: (alpha) => kolmogorovUpperQuantile(alpha) * Math.sqrt((n + m) / (n * m)),
      parts: cells.map(({ p, q }) => Math.abs(q - p)),
    };
  },
};

/** Largest distance of two empirical distribution functions. Both samples sorted upwards, none empty. */
export function ksOfSorted(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [i, j, largest] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const x = Math.min(a[i]!, b[j]!); // both within their length
    while (i < a.length && a[i] === x) i++;
    while (j < b.length && b[j] === x) j++;
    largest = Math.max(largest, Math.abs(i / a.length - j / b.length));
  }
  return largest;
}
