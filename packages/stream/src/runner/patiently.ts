import { RetriableError } from "@weir/record";
import type { Clock } from "../clock.ts";

/** Pause before an attempt is repeated. */
const BACKOFF_MS = 200;

/** What a runner needs before it can begin: asked for again while the environment refuses and `goesOn`. */
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
