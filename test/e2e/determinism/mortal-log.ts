import { selectRows } from "@weir/record";
import type { Fetcher, Log, Membership, Producer, Transaction } from "@weir/stream";

/** What one life of a process meets: how much it is given at a time, and when it dies. */
export interface Life {
  /** Records of a lane that the next fetch brings at most. */
  poll(): number;
  /** Called between any two things that reach the log, with what it does to a transaction that it ends; true: it dies here. */
  diesNow(ending?: Ending): boolean;
}

/** A commit, before it is asked for or after it was answered. */
export interface Ending {
  readonly when: "before" | "after";
  readonly topics: ReadonlySet<string>;
}

/** Where a process has been killed; the log hears nothing more of it. */
export class Killed extends Error {
  constructor() {
    super("killed");
    this.name = "Killed";
  }
}

/** The log as one process sees it: in polls of any size, and until it is killed, before or after anything that it does there. */
export function mortalLog(log: Log, life: Life): Log {
  let dead = false;
  const alive = (ending?: Ending): void => {
    if (dead || life.diesNow(ending)) dead = true;
    if (dead) throw new Killed();
  };
  const stillAlive: StillAlive = async (act, topics) => {
    alive(topics && { when: "before", topics });
    const done = await act();
    alive(topics && { when: "after", topics });
    return done;
  };
  return {
    partitions: (topics) => log.partitions(topics),
    createTopics: (topics) => log.createTopics(topics),
    join: async (options, listener) => mortalMembership(await log.join(options, listener), () => dead),
    committed: (group, lanes, member) => log.committed(group, lanes, originalOf(member)),
    marked: (group, lanes, member) => log.marked(group, lanes, originalOf(member)),
    mark: (member, marks) => stillAlive(() => log.mark(originalOf(member) ?? member, marks)),
    bounds: (lanes) => log.bounds(lanes),
    fetcher: (options) => mortalFetcher(log.fetcher(options), life, stillAlive),
    producer: async (options) => mortalProducer(await log.producer(options), alive, stillAlive, () => dead),
    [Symbol.asyncDispose]: () => Promise.resolve(), // the log is everybody's
  };
}

/** `topics`: those of the transaction that is committed. */
type StillAlive = <T>(act: () => Promise<T>, topics?: ReadonlySet<string>) => Promise<T>;

function mortalFetcher(fetcher: Fetcher, life: Life, stillAlive: StillAlive): Fetcher {
  return {
    fetch: async (positions, waitMs) => {
      const fetched = await stillAlive(() => fetcher.fetch(positions, waitMs));
      const seen = new Set<string>();
      const batches = fetched.batches.flatMap((batch) => {
        const lane = `${batch.topic}/${batch.partition}`;
        if (seen.has(lane)) return []; // what lies behind a batch that was cut comes with the next fetch
        seen.add(lane);
        const count = Math.min(batch.count, life.poll());
        if (count === batch.count) return [batch];
        const rows = Int32Array.from({ length: count }, (_, row) => row);
        return [{ ...selectRows(batch, rows), nextOffset: batch.offset[count]! }]; // count < batch.count
      });
      return { ...fetched, batches };
    },
    [Symbol.asyncDispose]: () => fetcher[Symbol.asyncDispose](),
  };
}

function mortalProducer(producer: Producer, alive: () => void, stillAlive: StillAlive, isDead: () => boolean): Producer {
  return {
    init: () => stillAlive(() => producer.init()),
    begin: () => {
      alive();
      return mortalTransaction(producer.begin(), alive, stillAlive, isDead);
    },
    // Of the dead, what is open stays open until a successor ends it.
    [Symbol.asyncDispose]: () => (isDead() ? Promise.resolve() : producer[Symbol.asyncDispose]()),
  };
}

function mortalTransaction(transaction: Transaction, alive: () => void, stillAlive: StillAlive, isDead: () => boolean): Transaction {
  const topics = new Set<string>();
  return {
    get bytes() {
      return transaction.bytes;
    },
    write: (...written) => {
      alive();
      topics.add(written[0].topic);
      transaction.write(...written);
    },
    flush: () => stillAlive(() => transaction.flush()),
    commit: (offsets) =>
      stillAlive(
        () => transaction.commit(offsets && { ...offsets, membership: originalOf(offsets.membership) ?? offsets.membership }),
        topics,
      ),
    abort: () => (isDead() ? Promise.reject(new Killed()) : transaction.abort()),
  };
}

const ORIGINAL = Symbol("the membership behind");

/** The dead do not say good-bye to their group: the next life takes the slot over. */
function mortalMembership(membership: Membership, isDead: () => boolean): Membership {
  return new Proxy(membership, {
    get: (target, name) => {
      if (name === ORIGINAL) return target;
      if (name === "leave") return (options?: Parameters<Membership["leave"]>[0]) => target.leave(isDead() ? { abandon: true } : options);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function originalOf(membership: Membership | null): Membership | null {
  return membership === null ? null : ((Reflect.get(membership, ORIGINAL) as Membership | undefined) ?? membership);
}
