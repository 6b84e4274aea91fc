import type { Clock } from "./clock.ts";

/** Time that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** Lets time pass, timer by timer in the order in which they are due; what waits on promises goes on in between. */
  advance(ms: number): Promise<void>;
}

interface Timer {
  readonly dueAt: number;
  readonly act: () => void;
}

/** Promise continuations that follow one another between two timers: as many as a chain of calls may be deep. */
const TURNS = 50;

export function createManualClock(startMs = 0): ManualClock {
  let elapsed = 0;
  let timers: Timer[] = [];
  const add = (ms: number, act: () => void): Timer => {
    const timer = { dueAt: elapsed + Math.max(0, ms), act };
    timers.push(timer);
    return timer;
  };
  const remove = (timer: Timer): void => {
    timers = timers.filter((t) => t !== timer);
  };
  return {
    now: () => startMs + elapsed,
    monotonic: () => elapsed,
    sleep: (ms) => new Promise((resolve) => void add(ms, resolve)),
    every(ms, act) {
      let timer: Timer;
      const arm = (): void => {
        timer = add(Math.max(1, ms), () => {
          arm();
          act();
        });
      };
      arm();
      return () => remove(timer);
    },
    async advance(ms) {
      const until = elapsed + ms;
      await settle();
      for (;;) {
        const next = timers.reduce<Timer | null>(
          (first, t) => (t.dueAt <= until && (first === null || t.dueAt < first.dueAt) ? t : first),
          null,
        );
        if (next === null) break;
        remove(next);
        elapsed = Math.max(elapsed, next.dueAt);
        next.act();
        await settle();
      }
      elapsed = until;
    },
  };
}

async function settle(): Promise<void> {
  for (let i = 0; i < TURNS; i++) await Promise.resolve();
}
