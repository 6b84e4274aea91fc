import { schemaIdsIn, type SchemaSource, type WriterSchemas } from "@weir/contract";
import { laneKey, RetriableError, type Batch } from "@weir/record";
import type { Clock, Fetched, Fetcher, LaneFailure, Log } from "@weir/stream";

/** Asks the registry for what readers have to know before they read. */
export interface SchemaKeeper {
  /**
   * Until it settles every id that the batch names is known or known to be none.
   * @throws {RetriableError} REGISTRY it cannot be told now
   */
  know(batch: Batch): Promise<void>;
}

/** An id that the registry did not know is asked for again after this: it may have been registered since. */
const UNKNOWN_FOR_MS = 30_000;

/** One request for an id at a time; what is known is known for ever. */
export function keepSchemas(writers: WriterSchemas, source: SchemaSource, clock: Pick<Clock, "monotonic">): SchemaKeeper {
  const asked = new Map<number, Promise<void>>();
  const refusedUntil = new Map<number, number>();
  const ask = async (id: number): Promise<void> => {
    try {
      const found = await source.find(id);
      if ("texts" in found) writers.learn(id, found.texts);
      else writers.refuse(id, found.why, found.isFinal);
      if ("texts" in found || found.isFinal) refusedUntil.delete(id);
      else refusedUntil.set(id, clock.monotonic() + UNKNOWN_FOR_MS);
    } finally {
      asked.delete(id);
    }
  };
  const isKnown = (id: number): boolean => writers.get(id) !== undefined && !((refusedUntil.get(id) ?? Infinity) <= clock.monotonic());
  return {
    know: async (batch) => {
      for (const id of schemaIdsIn(batch)) {
        if (isKnown(id)) continue;
        let answer = asked.get(id);
        if (answer === undefined) asked.set(id, (answer = ask(id)));
        await answer;
      }
    },
  };
}

/** The log, whose fetchers hand out only what can be read: a lane with a schema that cannot be told now is asked for again. */
export function withSchemas(log: Log, keeper: SchemaKeeper): Log {
  return {
    partitions: (topics) => log.partitions(topics),
    createTopics: (topics) => log.createTopics(topics),
    join: (options, listener) => log.join(options, listener),
    committed: (group, lanes, member) => log.committed(group, lanes, member),
    marked: (group, lanes, member) => log.marked(group, lanes, member),
    mark: (member, marks) => log.mark(member, marks),
    bounds: (lanes) => log.bounds(lanes),
    producer: (options) => log.producer(options),
    fetcher: (options) => knowing(log.fetcher(options), keeper),
    [Symbol.asyncDispose]: () => log[Symbol.asyncDispose](),
  };
}

function knowing(fetcher: Fetcher, keeper: SchemaKeeper): Fetcher {
  return {
    fetch: async (positions, waitMs) => readable(await fetcher.fetch(positions, waitMs), keeper),
    [Symbol.asyncDispose]: () => fetcher[Symbol.asyncDispose](),
  };
}

async function readable(fetched: Fetched, keeper: SchemaKeeper): Promise<Fetched> {
  const failures = new Map<string, LaneFailure>();
  const batches: Batch[] = [];
  for (const batch of fetched.batches) {
    if (failures.has(laneKey(batch))) continue;
    try {
      await keeper.know(batch);
      batches.push(batch);
    } catch (error) {
      if (!(error instanceof RetriableError)) throw error;
      failures.set(laneKey(batch), { lane: { topic: batch.topic, partition: batch.partition }, kind: "retry", message: error.message });
    }
  }
  return failures.size === 0 ? fetched : { ...fetched, batches, failed: [...fetched.failed, ...failures.values()] };
}
