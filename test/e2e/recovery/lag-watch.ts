import { systemClock } from "@weir/service";

/** Knows, moment by moment, how much went in and came out. */
export interface LagWatch {
  produced(total: number): void;
  /** Seconds from now until what comes out is again at most `BEHIND_MS` behind what goes in, and stays so. */
  untilCaughtUp(): Promise<number>;
  stop(): void;
}

const LOOK_MS = 100;
/** Records are under way for a moment when nothing is wrong, too. */
const BEHIND_MS = 1500;
const STAYS_MS = 3000;
const LIMIT_MS = 180_000;

export function watchLag(cameOut: () => number): LagWatch {
  let total = 0;
  /** Totals that went in, the newest last, one a look. */
  const history: number[] = [];
  let behind = false;
  let changedAt = systemClock.monotonic();
  const stop = systemClock.every(LOOK_MS, () => {
    history.push(total);
    if (history.length > BEHIND_MS / LOOK_MS) history.shift();
    const now = cameOut() < (history[0] ?? 0);
    if (now !== behind) changedAt = systemClock.monotonic();
    behind = now;
  });
  return {
    produced: (now) => {
      total = now;
    },
    stop,
    untilCaughtUp: async () => {
      const from = systemClock.monotonic();
      for (;;) {
        await systemClock.sleep(LOOK_MS);
        const now = systemClock.monotonic();
        if (!behind && now - Math.max(changedAt, from) > STAYS_MS) return Math.max(0, changedAt - from) / 1000;
        if (now - from > LIMIT_MS) throw new Error(`the lag was not gone after ${LIMIT_MS / 1000} s`);
      }
    },
  };
}
