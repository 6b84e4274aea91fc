import { noiseScale, shares, type Compared, type Distance } from "./compared.ts";

/** With c = 1.8 noise exceeds c·√(1/n + 1/m) about three times in a thousand (deequ's robust distance). */
const NOISE = 1.8;

/** Largest difference of two shares, less what noise explains. */
export const linf: Distance = {
  name: "linf",
  warn: 0.05,
  fail: 0.1,
  measure(compared) {
    const distance = largestDifference(compared);
    const scale = Math.sqrt(noiseScale(compared));
    return {
      effect: Math.max(0, distance - NOISE * scale),
      p: Math.min(1, 2 * Math.exp(-2 * (distance / scale) ** 2)),
      floor: (alpha) => Math.max(0, (noiseFactor(alpha) - NOISE) * scale),
      parts: shares(compared).map(({ p, q }) => Math.abs(q - p)),
    };
  },
};

export function largestDifference(compared: Compared): number {
  return shares(compared).reduce((largest, { p, q }) => Math.max(largest, Math.abs(q - p)), 0);
}

/** c such that noise exceeds c·√(1/n + 1/m) with probability at most alpha (Dvoretzky–Kiefer–Wolfowitz, Massart). */
export function noiseFactor(alpha: number): number {
  return Math.sqrt(-Math.log(alpha / 2) / 2);
}
