import { addToLogBuckets, emptyLogBuckets, quantileOfLogBuckets } from "@weir/stats";
import type { Percentiles } from "./talk.ts";

/** Latencies of one run, in milliseconds. */
export interface Histogram {
  add(ms: number): void;
  /** Each within half a percent; the largest is exact. NaN of nothing. */
  percentiles(): Omit<Percentiles, "inTime">;
}

export function createHistogram(): Histogram {
  const buckets = emptyLogBuckets({ accuracy: 0.005, smallest: 0.05, largest: 600_000 });
  const at = (share: number): number => quantileOfLogBuckets(buckets, share);
  let max = NaN;
  return {
    add: (ms) => {
      addToLogBuckets(buckets, ms);
      if (!(ms <= max)) max = ms;
    },
    percentiles: () => ({ p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max }),
  };
}
