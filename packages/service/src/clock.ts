import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "@weir/stream";

/** The time of this machine. Timers keep the process alive only while somebody waits for them. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms) => wait(ms),
  every: (ms, act) => {
    const timer = setInterval(act, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
};
