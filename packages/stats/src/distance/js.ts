import { chiSquareSf, chiSquareUpperQuantile } from "../chi-square.ts";
import { noiseScale, shares, type Compared, type Distance } from "./compared.ts";

/** Jensen–Shannon distance, base 2: 0 to 1 (Endres & Schindelin 2003). Without drift, 8 ln 2 · JS² / (1/n + 1/m) is about χ² with B − 1 degrees. */
export const js: Distance = {
  name: "js",
  warn: 0.1,
  fail: 0.2,
  measure(compared) {
    const parts = jsParts(compared);
    const effect = Math.sqrt(
      Math.max(
        0,
        parts.reduce((sum, part) => sum + part, 0),
      ),
    );
    const [scale, df] = [noiseScale(compared) / (8 * Math.LN2), Math.max(1, parts.length - 1)];
    return {
      effect,
      p: chiSquareSf(effect ** 2 / scale, df),
      floor: (alpha) => Math.sqrt(chiSquareUpperQuantile(alpha, df) * scale),
      parts,
    };
  },
};

/** Divergence by cell, in bits. */
export function jsParts(compared: Compared): number[] {
  return shares(compared).map(({ p, q }) => {
    const middle = (p + q) / 2;
    return ((p > 0 ? p * Math.log2(p / middle) : 0) + (q > 0 ? q * Math.log2(q / middle) : 0)) / 2;
  });
}
