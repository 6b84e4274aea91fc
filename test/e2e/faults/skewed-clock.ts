import type { Clock } from "@weir/stream";

/** A clock whose time of day is wrong; how much may change. What it measures is right. */
export function skewed(clock: Clock, skew: (now: number) => number): Clock {
  return {
    now: () => clock.now() + skew(clock.now()),
    monotonic: () => clock.monotonic(),
    sleep: (ms) => clock.sleep(ms),
    every: (ms, act) => clock.every(ms, act),
  };
}
