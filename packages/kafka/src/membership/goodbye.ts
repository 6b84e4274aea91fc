import { RetriableError } from "@weir/record";
import { withDeadline } from "../connection/index.ts";

const GOODBYE_MS = 5_000;

/** A good-bye that does not get through in time is made up for by the session time: nobody who stops waits for a dead broker. */
export async function sayGoodbye(where: string, send: () => Promise<unknown>): Promise<void> {
  try {
    await withDeadline(send(), GOODBYE_MS, where);
  } catch (error) {
    if (!(error instanceof RetriableError)) throw error;
  }
}
