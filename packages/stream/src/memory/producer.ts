import { RetriableError } from "@weir/record";
import type { Clock } from "../clock.ts";
import type { Producer, ProducerOptions, Transaction } from "../log.ts";
import type { Group } from "./group.ts";
import type { Topics } from "./topics.ts";
import { createTransaction } from "./transaction.ts";
import type { TransactionalIds } from "./transactional-ids.ts";

/** What producers of one log share. */
export interface ProducerHome {
  readonly clock: Clock;
  readonly topics: Topics;
  readonly ids: TransactionalIds;
  readonly maxRecordBytes: number;
  group(name: string): Group;
  /** Resolves when commits may go through. */
  gate(): Promise<void>;
}

const DEFAULT_IDS = 4;
const DEFAULT_TIMEOUT_MS = 15_000;

export function createProducer(home: ProducerHome, options: ProducerOptions): Producer {
  const isAtomic = options.guarantee !== "at-least-once";
  const ids = Array.from({ length: options.rotate ?? DEFAULT_IDS }, (_, i) => `${options.transactionalId}-${i}`);
  const open = new Map<Transaction, string>();
  let epochs = new Map<string, number>();
  let life = 0;
  let next = 0;
  let failure: Error | null = null;
  let lastCommit: Promise<void> = Promise.resolve();
  const init = (): void => {
    life++;
    open.clear();
    epochs = new Map(ids.map((id) => [id, home.ids.init(id)]));
    lastCommit = Promise.resolve();
    failure = null;
  };
  const begin = (): Transaction => {
    if (failure !== null && !(failure instanceof RetriableError)) throw failure;
    if (failure !== null)
      throw new RetriableError("PRODUCER_BROKEN", `no transaction before the producer is initialised again: ${failure.message}`, failure);
    const id = ids[isAtomic ? next % ids.length : 0]!; // modulo
    if (isAtomic && [...open.values()].includes(id))
      throw new Error(`only ${ids.length} transactions of ${options.transactionalId} may be open at a time`);
    next++;
    const mine = life;
    const ended = new RetriableError("INITIALISED", "the producer was initialised while the transaction was open");
    const transaction = createTransaction({
      ...home,
      isAtomic,
      id,
      epoch: epochs.get(id)!, // every id has one
      timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      previousCommit: () => lastCommit,
      follow(commit) {
        lastCommit = commit;
        commit.catch(() => undefined); // whoever asked for it is told; the next commit finds it rejected
      },
      fail(error) {
        if (mine === life) failure ??= error;
      },
      finished() {
        if (mine === life) open.delete(transaction);
      },
      failure: () => (mine === life ? failure : ended),
    });
    open.set(transaction, id);
    return transaction;
  };
  init();
  return {
    init: async () => init(),
    begin,
    async [Symbol.asyncDispose]() {
      await Promise.allSettled([...open.keys()].map((t) => t.abort()));
      failure ??= new RetriableError("CLOSED", "the producer is closed");
    },
  };
}
