import { laneKey, type Batch, type FailureClass, type Lane, type RetriableError } from "@weir/record";
import type { Outcome } from "./chain.ts";
import { createBreaker, type Breaker, type BreakerChange } from "./breaker.ts";
import type { FailureCare, RetryPolicy } from "./options.ts";

/** A lane that is not to be read for a while, because what it was given failed for no fault of its own. */
export interface HeldBack {
  readonly lane: Lane;
  /** First offset of what must be read again. */
  readonly from: number;
  /** By the monotonic clock. */
  readonly until: number;
  readonly why: string;
}

export interface BreakerNews {
  readonly change: BreakerChange;
  readonly lane: Lane;
  readonly link: number;
  readonly classes: Readonly<Partial<Record<FailureClass, number>>>;
  readonly records: number;
}

/** What a look at outcomes found: which lanes must wait, and what their owners should be told. */
export interface Look {
  readonly held: readonly HeldBack[];
  readonly news: readonly BreakerNews[];
}

/**
 * Tells failures of the world from failures of data before anything is written: what may pass by itself is tried again in
 * place, bounded; past the breaker's ratio a lane waits instead of filling the dead letters. Only the lane concerned waits.
 */
export interface Care {
  mayRead(lane: Lane): boolean;
  /** The stages decided. */
  look(batches: readonly Batch[], outcomes: readonly Outcome[]): Look;
  /** How often what begins there has been given to the stages, this time included. */
  deliveries(lane: Lane, from: number): number;
  /** A stage could not be asked at all. */
  unreachable(batches: readonly Batch[], error: RetriableError): Look;
}

const TRANSIENT: ReadonlySet<FailureClass> = new Set(["DEPENDENCY", "MODEL_TIMEOUT"]);

interface LaneCare {
  readonly breaker: Breaker | null;
  /** Attempts at what begins at `at`. */
  at: number;
  attempts: number;
  pausedUntil: number;
}

export function createCare({ retries, breaker, breakerClasses }: FailureCare, now: () => number): Care {
  const lanes = new Map<string, LaneCare>();
  const of = (lane: Lane): LaneCare => {
    const key = laneKey(lane);
    const known = lanes.get(key) ?? { breaker: breaker && createBreaker(breaker), at: -1, attempts: 0, pausedUntil: -Infinity };
    lanes.set(key, known);
    return known;
  };
  const retry = (lane: Lane, from: number, policy: RetryPolicy, why: string): HeldBack | null => {
    const own = of(lane);
    if (own.at !== from) Object.assign(own, { at: from, attempts: 0 });
    if (own.attempts >= policy.attempts && policy.then === "dead-letter") return null;
    const pause = Math.min(policy.backoffMaxMs, policy.backoffMinMs * 2 ** Math.min(own.attempts, 16));
    own.attempts++;
    own.pausedUntil = now() + pause;
    return { lane, from, until: own.pausedUntil, why: `${why}; attempt ${own.attempts + 1} in ${pause} ms` };
  };
  const lookAt = (batch: Batch, outcomes: readonly Outcome[], held: HeldBack[], news: BreakerNews[]): void => {
    const found = failuresOf(outcomes, breakerClasses);
    const from = batch.offset[0] ?? batch.nextOffset;
    if (found.transient !== null) {
      const waiting = retry(batch, from, retries[found.transient.link] ?? NO_RETRY, found.transient.message);
      if (waiting) return void held.push(waiting);
    }
    const own = of(batch);
    const change = own.breaker?.judge({ records: batch.count, failures: found.count }, now()) ?? null;
    if (change === null) return;
    if (change !== "still-open") news.push({ change, lane: batch, link: found.link, classes: found.classes, records: batch.count });
    if (change === "closed") return;
    own.pausedUntil = own.breaker?.openUntil ?? now();
    held.push({ lane: batch, from, until: own.pausedUntil, why: `${found.count} of ${batch.count} records failed` });
  };
  return {
    mayRead: (lane) => now() >= (lanes.get(laneKey(lane))?.pausedUntil ?? -Infinity),
    look: (batches, outcomes) => {
      const held: HeldBack[] = [];
      const news: BreakerNews[] = [];
      if (breaker === null && !outcomes.some(({ decided }) => decided.failures)) return { held, news };
      for (const batch of batches)
        lookAt(
          batch,
          outcomes.filter(({ decided }) => laneKey(decided.batch) === laneKey(batch)),
          held,
          news,
        );
      return { held, news };
    },
    deliveries: (lane, from) => {
      const own = lanes.get(laneKey(lane));
      return own?.at === from ? own.attempts + 1 : 1;
    },
    unreachable: (batches, error) => ({
      held: batches.map((batch) => {
        const policy = { ...(retries[0] ?? NO_RETRY), then: "pause" } as const; // nothing was decided: there is nothing to dead-letter
        return retry(batch, batch.offset[0] ?? batch.nextOffset, policy, error.message) ?? { lane: batch, from: 0, until: 0, why: "" };
      }),
      news: [],
    }),
  };
}

const NO_RETRY: RetryPolicy = { attempts: 0, backoffMinMs: 200, backoffMaxMs: 5000, then: "dead-letter" };

interface Found {
  readonly count: number;
  readonly link: number;
  readonly classes: Partial<Record<FailureClass, number>>;
  readonly transient: { readonly link: number; readonly message: string } | null;
}

function failuresOf(outcomes: readonly Outcome[], counted: ReadonlySet<FailureClass>): Found {
  const classes: Partial<Record<FailureClass, number>> = {};
  let count = 0;
  let at = 0;
  let transient: Found["transient"] = null;
  for (const { link, decided } of outcomes) {
    for (const failure of decided.failures?.values() ?? []) {
      if (TRANSIENT.has(failure.class)) transient ??= { link, message: failure.message };
      if (!counted.has(failure.class)) continue;
      classes[failure.class] = (classes[failure.class] ?? 0) + 1;
      count++;
      at = link;
    }
  }
  return { count, link: at, classes, transient };
}
