import { RetriableError, WeirError } from "@weir/record";
import type { Clock } from "@weir/stream";
import { notDone } from "./not-done.ts";

export interface StartPatience {
  readonly clock: Clock;
  /** 0: a start is tried once. */
  readonly forMs: number;
  /** Told before a repetition, each reason once until another comes. */
  readonly onWait: (why: string) => void;
}

const PAUSE_MS = 500;

/**
 * Starts, and starts again while the broker is away or hangs up: services are often started before their broker is ready.
 * @throws {WeirError} what stood in the way for as long as it was tried, or what will not pass by itself
 */
export async function startPatiently<T>(start: () => Promise<T>, { clock, forMs, onWait }: StartPatience): Promise<T> {
  const until = clock.monotonic() + forMs;
  for (let told = ""; ;) {
    try {
      return await start();
    } catch (error) {
      const why = whatMayPass(error);
      if (why === null) throw error;
      if (clock.monotonic() >= until) throw error instanceof RetriableError ? notDone(error) : error;
      if (why !== told) onWait(why);
      told = why;
      await clock.sleep(PAUSE_MS);
    }
  }
}

/** A problem may pass whose cause may. */
function whatMayPass(error: unknown): string | null {
  if (error instanceof RetriableError) return error.message;
  return error instanceof WeirError && error.cause instanceof RetriableError ? `${error.problem.what}: ${error.problem.why}` : null;
}
