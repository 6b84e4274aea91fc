import type { Fetcher, Log, Producer, Stage, Transaction } from "@weir/stream";

/** Places of the cycle where a process may die, told from inside it. Those that lie between two requests are held by the proxy instead. */
export const CRASH_POINTS = ["after-fetch", "in-stage", "after-begin", "before-commit", "after-commit"] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];

/** Says where a process is; the `nth` time at the point it is over. */
export interface Crash {
  pass(point: CrashPoint): void;
}

/** `after-fetch:12`. */
export function parseCrash(text: string, die: () => void): Crash {
  const [point, nth] = text.split(":");
  if (!CRASH_POINTS.some((p) => p === point)) throw new Error(`"${text}" names no point of the cycle`);
  let left = Number(nth);
  return {
    pass: (at) => {
      if (at === point && --left === 0) die();
    },
  };
}

/** The log with a crash at the points that it sees. */
export function crashingLog(log: Log, crash: Crash): Log {
  return {
    partitions: (topics) => log.partitions(topics),
    createTopics: (topics) => log.createTopics(topics),
    join: (options, listener) => log.join(options, listener),
    committed: (group, lanes, member) => log.committed(group, lanes, member),
    marked: (group, lanes, member) => log.marked(group, lanes, member),
    mark: (member, marks) => log.mark(member, marks),
    bounds: (lanes) => log.bounds(lanes),
    fetcher: (options) => crashingFetcher(log.fetcher(options), crash),
    producer: async (options) => crashingProducer(await log.producer(options), crash),
    [Symbol.asyncDispose]: () => log[Symbol.asyncDispose](),
  };
}

function crashingFetcher(fetcher: Fetcher, crash: Crash): Fetcher {
  return {
    fetch: async (positions, waitMs) => {
      const fetched = await fetcher.fetch(positions, waitMs);
      if (fetched.batches.some((batch) => batch.count > 0)) crash.pass("after-fetch");
      return fetched;
    },
    [Symbol.asyncDispose]: () => fetcher[Symbol.asyncDispose](),
  };
}

function crashingProducer(producer: Producer, crash: Crash): Producer {
  return {
    init: () => producer.init(),
    begin: () => {
      const transaction = producer.begin();
      crash.pass("after-begin");
      return crashingTransaction(transaction, crash);
    },
    [Symbol.asyncDispose]: () => producer[Symbol.asyncDispose](),
  };
}

function crashingTransaction(transaction: Transaction, crash: Crash): Transaction {
  return {
    get bytes() {
      return transaction.bytes;
    },
    write: (...written) => transaction.write(...written),
    flush: () => transaction.flush(),
    commit: async (offsets) => {
      crash.pass("before-commit");
      await transaction.commit(offsets);
      crash.pass("after-commit");
    },
    abort: () => transaction.abort(),
  };
}

/** The stage dies when it has taken records in and nobody has been told what it decided. */
export function crashingStage(stage: Stage, crash: Crash): Stage {
  return new Proxy(stage, {
    get: (target, name) => {
      if (name !== "process") return Reflect.get(target, name, target);
      const process: Stage["process"] = (batches) => {
        const decided = target.process(batches);
        crash.pass("in-stage");
        return decided;
      };
      return process;
    },
  });
}
