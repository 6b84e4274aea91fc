import { chiSquareSf, chiSquareUpperQuantile } from "../chi-square.ts";
import { noiseScale, shares, type Distance } from "./compared.ts";

/** Hellinger distance √(½ Σ (√p − √q)²): 0 to 1. Without drift, 8 H² / (1/n + 1/m) is about χ² with B − 1 degrees. */
export const hellinger: Distance = {
  name: "hellinger",
  warn: 0.1,
  fail: 0.2,
  measure(compared) {
    const parts = shares(compared).map(({ p, q }) => (Math.sqrt(p) - Math.sqrt(q)) ** 2 / 2);
    const effect = Math.sqrt(parts.reduce((sum, part) => sum + part, 0));
    const [scale, df] = [noiseScale(compared) / 8, Math.max(1, parts.length - 1)];
    return {
      effect,
      p: chiSquareSf(effect ** 2 / scale, df),
      floor: (alpha) => Math.sqrt(chiSquareUpperQuantile(alpha, df) * scale),
      parts,
    };
  },
};
