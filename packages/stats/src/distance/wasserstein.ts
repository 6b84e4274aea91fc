import { shares, total, type Compared, type Distance } from "./compared.ts";

/**
 * Wasserstein-1 distance of the cells that have a place, in standard deviations of the baseline. No formula gives its noise: without
 * reference windows it decides nothing.
 */
export const wasserstein: Distance = {
  name: "wasserstein",
  warn: 0.1,
  fail: 0.25,
  measure(compared) {
    const placed = placedCells(compared);
    const difference = total(placed.window) === 0 ? 0 : wasserstein1(placed) / (compared.sigma ?? 1);
    return { effect: difference, p: null, floor: () => null, parts: shares(compared).map(({ p, q }) => Math.abs(q - p)) };
  },
};

interface Placed {
  readonly baseline: number[];
  readonly window: number[];
  readonly positions: number[];
}

function placedCells({ baseline, window, positions = [] }: Compared): Placed {
  const at = positions.map((_, i) => i).filter((i) => !Number.isNaN(positions[i]));
  // Indexes of cells.
  return { baseline: at.map((i) => baseline[i]!), window: at.map((i) => window[i]!), positions: at.map((i) => positions[i]!) };
}

/** ∫|F − G| of two tables of counts over places sorted upwards. */
export function wasserstein1({ baseline, window, positions }: Placed): number {
  const [m, n] = [total(baseline), total(window)];
  let [difference, area] = [0, 0];
  for (let i = 0; i + 1 < positions.length; i++) {
    difference += window[i]! / n - baseline[i]! / m; // i < length
    area += Math.abs(difference) * (positions[i + 1]! - positions[i]!); // i + 1 < length
  }
  return area;
}
