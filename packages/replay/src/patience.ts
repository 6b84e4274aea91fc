import { RetriableError } from "@weir/record";
import type { Clock } from "@weir/stream";

const BACKOFF_MS = 300;
const TRY_FOR_MS = 120_000;

/** Tries again while the broker is away, at most two minutes. What is tried must be safe to repeat. */
export async function patiently<T>(clock: Clock, onRetry: (why: string) => void, act: () => Promise<T>): Promise<T> {
  for (const until = clock.monotonic() + TRY_FOR_MS; ;) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof RetriableError) || clock.monotonic() > until) throw error;
      onRetry(error.message);
      await clock.sleep(BACKOFF_MS);
    }
  }
}
