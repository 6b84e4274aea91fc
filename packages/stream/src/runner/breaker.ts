/** When to stop writing dead letters: more than `ratio` of what a lane was given over so long has failed. */
export interface BreakerSpec {
  /** Share of 1. */
  readonly ratio: number;
  readonly overMs: number;
}

/** Failures of one batch, or of what is left of it. */
export interface BatchCount {
  readonly records: number;
  readonly failures: number;
}

export type BreakerChange = "opened" | "still-open" | "closed";

/** One lane's breaker: closed, open until a time, then half-open: the next batch decides. */
export interface Breaker {
  /** May the lane be read now? */
  mayRead(now: number): boolean;
  /** Takes the batch in, unless it opens the breaker or leaves it open: then nothing of the batch may be written. */
  judge(count: BatchCount, now: number): BreakerChange | null;
  readonly openUntil: number | null;
}

/** One poison record among few is no systemic failure. */
const MIN_FAILURES = 10;
const BUCKETS = 20;
/** Pause before the first attempt to go on, as a share of `overMs`; doubled up to eight times as long. */
const FIRST_PAUSE = 0.1;
const MAX_DOUBLINGS = 3;
const LEAST_PAUSE_MS = 500;

export function createBreaker({ ratio, overMs }: BreakerSpec): Breaker {
  const width = Math.max(1, overMs / BUCKETS);
  const buckets = new Map<number, { records: number; failures: number }>();
  let until: number | null = null;
  let opened = 0;
  const recent = (now: number): { records: number; failures: number } => {
    const sum = { records: 0, failures: 0 };
    for (const [at, bucket] of buckets) {
      if ((at + 1) * width <= now - overMs) buckets.delete(at);
      else {
        sum.records += bucket.records;
        sum.failures += bucket.failures;
      }
    }
    return sum;
  };
  const open = (now: number): void => {
    const pause = Math.max(LEAST_PAUSE_MS, overMs * FIRST_PAUSE) * 2 ** Math.min(opened, MAX_DOUBLINGS);
    until = now + pause;
    opened++;
  };
  const take = ({ records, failures }: BatchCount, now: number): void => {
    const at = Math.floor(now / width);
    const bucket = buckets.get(at) ?? { records: 0, failures: 0 };
    bucket.records += records;
    bucket.failures += failures;
    buckets.set(at, bucket);
  };
  return {
    get openUntil() {
      return until;
    },
    mayRead: (now) => until === null || now >= until,
    judge: (count, now) => {
      if (until !== null) {
        if (count.failures > count.records * ratio) {
          open(now);
          return "still-open";
        }
        until = null;
        opened = 0;
        buckets.clear();
        take(count, now);
        return "closed";
      }
      const { records, failures } = recent(now);
      const failed = failures + count.failures;
      if (count.failures > 0 && failed >= MIN_FAILURES && failed > (records + count.records) * ratio) {
        open(now);
        return "opened";
      }
      take(count, now);
      return null;
    },
  };
}
