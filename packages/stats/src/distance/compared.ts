/** Counts of the same cells in a baseline and in a window, in the order of the cells. */
export interface Compared {
  readonly baseline: ArrayLike<number>;
  readonly window: ArrayLike<number>;
  /** Where each cell lies, for distances that know far from near: NaN for cells without a place (null, NaN). */
  readonly positions?: readonly number[];
  /** Spread of the baseline, in the unit of the positions. */
  readonly sigma?: number;
  /** The cell whose share is compared (`proportion`). */
  readonly cell?: number;
}

export interface Measured {
  readonly effect: number;
  /** Probability of an effect as large if both were drawn from one source; null where no formula gives it. */
  readonly p: number | null;
  /** The effect that noise alone exceeds with probability alpha; null where the method decides by p. */
  readonly floor: (alpha: number) => number | null;
  /** What each cell adds to the effect, unnormalised. */
  readonly parts: readonly number[];
}

/** A way to say how far apart two tables of counts are. Both must hold at least one record. */
export interface Distance {
  readonly name: DistanceName;
  /** Effects at which a column is worth a look, and at which it has drifted. */
  readonly warn: number;
  readonly fail: number;
  readonly measure: (compared: Compared) => Measured;
}

export type DistanceName = "js" | "psi" | "ks" | "chi2" | "wasserstein" | "linf" | "hellinger" | "proportion";

export function total(counts: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i]!; // i < length
  return sum;
}

/** p (baseline) and q (window) by cell, with `smoothing` added to every count. */
export function shares({ baseline, window }: Compared, smoothing = 0): readonly { readonly p: number; readonly q: number }[] {
  const cells = baseline.length;
  const [m, n] = [total(baseline) + smoothing * cells, total(window) + smoothing * cells];
  return Array.from({ length: cells }, (_, i) => ({ p: (baseline[i]! + smoothing) / m, q: (window[i]! + smoothing) / n })); // i < cells
}

/** 1/n + 1/m: what the expected size of every squared distance shrinks with. */
export function noiseScale({ baseline, window }: Compared): number {
  return 1 / total(baseline) + 1 / total(window);
}
