import { chiSquareSf, chiSquareUpperQuantile } from "../chi-square.ts";
import { noiseScale, shares, type Compared, type Distance } from "./compared.ts";

/** Half a record more in every cell: an empty cell has no logarithm. */
const SMOOTHING = 0.5;

/** Population stability index. Without drift, PSI / (1/n + 1/m) is about χ² with B − 1 degrees (Yurdakul 2018). */
export const psi: Distance = {
  name: "psi",
  warn: 0.1,
  fail: 0.25,
  measure(compared) {
    const parts = psiParts(compared, SMOOTHING);
    const effect = parts.reduce((sum, part) => sum + part, 0);
    const [scale, df] = [noiseScale(compared), Math.max(1, parts.length - 1)];
    return { effect, p: chiSquareSf(effect / scale, df), floor: (alpha) => chiSquareUpperQuantile(alpha, df) * scale, parts };
  },
};

export function psiParts(compared: Compared, smoothing: number): number[] {
  return shares(compared, smoothing).map(({ p, q }) => (p === q ? 0 : (q - p) * Math.log(q / p)));
}
