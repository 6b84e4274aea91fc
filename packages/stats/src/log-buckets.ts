export interface LogBucketOptions {
  /** Relative error of a quantile, e.g. 0.01. */
  readonly accuracy: number;
  /** Magnitudes below count as zero. */
  readonly smallest: number;
  /** Magnitudes above count as this. */
  readonly largest: number;
}

/**
 * Counts over logarithmic buckets of both signs (the mapping of DDSketch, Masson et al. 2019). The bounds are fixed beforehand instead of
 * collapsing buckets as they come, so that any order and any split of the values give the same integers.
 */
export interface LogBuckets {
  readonly options: LogBucketOptions;
  /** From the largest negative magnitude over zero (in the middle) to the largest positive one. */
  readonly counts: Float64Array;
}

export function emptyLogBuckets(options: LogBucketOptions): LogBuckets {
  const { buckets } = mappingOf(options);
  return { options, counts: new Float64Array(2 * buckets + 1) };
}

/** Counts a value. NaN is refused: it has no place. */
export function addToLogBuckets(to: LogBuckets, x: number): void {
  if (Number.isNaN(x)) throw new RangeError("NaN has no bucket");
  to.counts[bucketOf(to.options, x)]!++; // buckets are within the counts
}

/** Adds `from` to `to`, which must be of the same options. */
export function mergeLogBuckets(to: LogBuckets, from: LogBuckets): void {
  for (let i = 0; i < to.counts.length; i++) to.counts[i]! += from.counts[i]!; // of one length
}

/** The value below which a share of the counted ones lie, within the relative accuracy. NaN of nothing. */
export function quantileOfLogBuckets({ options, counts }: LogBuckets, share: number): number {
  let n = 0;
  for (const count of counts) n += count;
  if (n === 0) return NaN;
  const rank = Math.min(n, Math.max(1, Math.ceil(share * n)));
  let seen = 0;
  let at = 0;
  while ((seen += counts[at]!) < rank) at++; // the counts add up to n ≥ rank
  return valueOf(options, at);
}

function bucketOf(options: LogBucketOptions, x: number): number {
  const { buckets, logGrowth } = mappingOf(options);
  const magnitude = Math.abs(x);
  if (magnitude < options.smallest) return buckets;
  const step = Math.min(buckets, 1 + Math.floor(Math.log(magnitude / options.smallest) / logGrowth));
  return x > 0 ? buckets + step : buckets - step;
}

function valueOf(options: LogBucketOptions, bucket: number): number {
  const { buckets, logGrowth } = mappingOf(options);
  const step = Math.abs(bucket - buckets);
  if (step === 0) return 0;
  const growth = Math.exp(logGrowth);
  // The point whose relative distance to both ends of its bucket is the same.
  const magnitude = (options.smallest * Math.exp((step - 1) * logGrowth) * 2 * growth) / (1 + growth);
  return bucket > buckets ? magnitude : -magnitude;
}

function mappingOf({ accuracy, smallest, largest }: LogBucketOptions): { readonly buckets: number; readonly logGrowth: number } {
  const logGrowth = Math.log((1 + accuracy) / (1 - accuracy));
  return { buckets: Math.ceil(Math.log(largest / smallest) / logGrowth), logGrowth };
}
