import { RetriableError } from "@weir/record";
import { systemClock } from "@weir/service";

const BACKOFF_MS = 200;

/** Repeats what the environment refuses for the moment: a broker that is away, a partition without a leader. */
export async function untilAnswered<T>(act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof RetriableError)) throw error;
      await systemClock.sleep(BACKOFF_MS);
    }
  }
}
