import { systemClock } from "@weir/service";

/** Knows, moment by moment, how much went in and came out. */
export interface LagWatch {
  produced(total: number): void;
  /** Watches for so long while nothing is wrong: what comes out is behind what goes in by at most this many ms. */
  learnDelay(ms: number): Promise<number>;
  /** Seconds from now until what comes out is again behind by no more than the learned delay, and stays so. */
  untilCaughtUp(): Promise<number>;
  stop(): void;
}

const LOOK_MS = 50;
const STAYS_MS = 5000;
const LIMIT_MS = 180_000;

export function watchLag(cameOut: () => number): LagWatch {
  let total = 0;
  /** What had gone in at each look, the oldest that has not come out yet first. */
  let waiting: { readonly at: number; readonly total: number }[] = [];
  let delayMs = 0;
  let allowedMs = Infinity;
  let lateAt = -Infinity;
  const stop = systemClock.every(LOOK_MS, () => {
    const at = systemClock.monotonic();
    const out = cameOut();
    waiting = waiting.filter((look) => look.total > out);
    waiting.push({ at, total });
    delayMs = at - (waiting[0]?.at ?? at);
    if (delayMs > allowedMs) lateAt = at;
  });
  return {
    produced: (now) => {
      total = now;
    },
    stop,
    learnDelay: async (ms) => {
      let worst = 0;
      for (const until = systemClock.monotonic() + ms; systemClock.monotonic() < until;) {
        worst = Math.max(worst, delayMs);
        await systemClock.sleep(LOOK_MS);
      }
      allowedMs = worst;
      return worst;
    },
    untilCaughtUp: async () => {
      const from = systemClock.monotonic();
      for (;;) {
        await systemClock.sleep(LOOK_MS);
        const now = systemClock.monotonic();
        if (now - Math.max(lateAt, from) > STAYS_MS) return Math.max(0, lateAt - from) / 1000;
        if (now - from > LIMIT_MS) throw new Error(`the lag was not gone after ${LIMIT_MS / 1000} s`);
      }
    },
  };
}
