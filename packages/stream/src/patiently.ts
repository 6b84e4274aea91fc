import { RetriableError } from "@weir/record";
import type { Clock } from "./clock.ts";

/** Pause before an attempt is repeated. */
const BACKOFF_MS = 200;

/** Tries again while the environment refuses and `goesOn`, which is told why. What is tried must be safe to repeat. */
export async function patiently<T>(act: () => Promise<T>, clock: Clock, goesOn: (message: string) => boolean): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof RetriableError) || !goesOn(error.message)) throw error;
      await clock.sleep(BACKOFF_MS);
    }
  }
}
