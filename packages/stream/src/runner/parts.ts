import { laneKey, RetriableError, WeirError, type Batch } from "@weir/record";
import type { Fetcher } from "../log.ts";
import type { Recall } from "../stage.ts";
import type { Chain, Outcome } from "./chain.ts";

/** Brings out, part by part, what a chain has decided and what is too much for one transaction. */
export interface Parts {
  /** False when there is nothing more. */
  next(): Promise<boolean>;
  /** Lanes have begun new lives: what was being read again is forgotten. */
  forget(): void;
}

export interface PartsSetup {
  readonly chain: Chain;
  readonly fetcher: () => Fetcher;
  readonly stamp: (batch: Batch) => Batch;
  readonly decide: (outcomes: readonly Outcome[]) => Promise<void>;
}

/** Longest wait for records that are there. */
const WAIT_MS = 1000;

export function createParts({ chain, fetcher, stamp, decide }: PartsSetup): Parts {
  /** Batches of a recall that have been read and not been handed over. */
  let read: Batch[] = [];
  const again = async (recall: Recall): Promise<void> => {
    if (read.length === 0) read = await readAgain(fetcher(), recall);
    const batch = read.shift();
    if (batch) await decide(await chain.recalled(stamp(batch)));
  };
  return {
    next: async () => {
      if (read.length > 0) {
        await decide(await chain.recalled(stamp(read.shift()!))); // length > 0
        return true;
      }
      const more = await chain.more();
      if (more === null) return false;
      if ("lane" in more) await again(more);
      else await decide(more);
      return true;
    },
    forget: () => {
      read = [];
    },
  };
}

async function readAgain(fetcher: Fetcher, { lane, from, to, waitMs = WAIT_MS }: Recall): Promise<Batch[]> {
  const { batches, failed } = await fetcher.fetch([{ ...lane, offset: from }], waitMs);
  const failure = failed[0];
  if (failure && failure.kind !== "retry") {
    throw new WeirError({
      code: "WEIR-5001",
      what: `records of ${laneKey(lane)} that are held cannot be read again`,
      where: `offset ${from}: ${failure.message}`,
      why: "the retention of the topic is shorter than the time that this stage held them",
      fix: "raise retention.ms of the topic",
    });
  }
  if (failure) throw new RetriableError("RECALL", `${laneKey(lane)} at ${from}: ${failure.message}`);
  return batches.filter((batch) => batch.nextOffset > from && (batch.offset[0] ?? from) < to);
}
