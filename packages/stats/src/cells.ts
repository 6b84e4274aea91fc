/** Cells of a number column: below the least, ten (or fewer) bins between the edges, above the greatest. */
export interface NumberCells {
  readonly min: number;
  readonly max: number;
  /** Upwards, distinct. The i-th bin holds (edge i−1, edge i]. */
  readonly edges: readonly number[];
}

/** Quantiles at 1/bins, 2/bins … of values sorted upwards, by linear interpolation; equal ones are one edge. */
export function quantileCells(sorted: ArrayLike<number>, bins = 10): NumberCells {
  const edges = new Set<number>();
  for (let i = 1; i < bins; i++) edges.add(quantileOfSorted(sorted, i / bins));
  return { min: sorted[0] ?? NaN, max: sorted[sorted.length - 1] ?? NaN, edges: [...edges] };
}

/** Linear interpolation between order statistics (Hyndman & Fan's type 7). NaN of nothing. */
export function quantileOfSorted(sorted: ArrayLike<number>, share: number): number {
  const at = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)] ?? NaN, sorted[Math.ceil(at)] ?? NaN];
  const part = at - Math.floor(at);
  // From the nearer end, so that interpolating between equals or up to an end gives that value.
  return part >= 0.5 ? high - (high - low) * (1 - part) : low + (high - low) * part;
}

/** 0 below the least, 1 to edges + 1 for the bins, edges + 2 above the greatest. Not for NaN. */
export function numberCell({ min, max, edges }: NumberCells, x: number): number {
  if (x < min) return 0;
  if (x > max) return edges.length + 2;
  let cell = 1;
  for (let i = 0; i < edges.length; i++) if (x > edges[i]!) cell++; // i < length
  return cell;
}
