import { refuse, retryAfter } from "../problems.ts";

/** Records a second for each holder of a key; a second's worth may come at once. */
export interface Rate {
  /** Refuses with 429 what is above the rate; takes nothing then. */
  take(holder: string, records: number): void;
}

/** `perSecond` null: no limit. A token bucket a holder; holders are those of the pipeline file. */
export function createRate(perSecond: number | null, now: () => number): Rate {
  const buckets = new Map<string, { tokens: number; at: number }>();
  if (perSecond === null) return { take: () => {} };
  return {
    take(holder, records) {
      const at = now();
      const bucket = buckets.get(holder) ?? { tokens: perSecond, at };
      buckets.set(holder, bucket);
      bucket.tokens = Math.min(perSecond, bucket.tokens + ((at - bucket.at) / 1000) * perSecond);
      bucket.at = at;
      // More than a second's worth in one request is let through when the bucket is full, and paid for afterwards.
      const needed = Math.min(records, perSecond);
      if (bucket.tokens < needed)
        refuse(
          429,
          {
            code: "WEIR-3019",
            what: "too many records a second",
            where: `holder ${holder}`,
            why: `the rate is ${perSecond} records a second`,
            fix: "send the same request again after Retry-After",
          },
          retryAfter((needed - bucket.tokens) / perSecond),
        );
      bucket.tokens -= records;
    },
  };
}
