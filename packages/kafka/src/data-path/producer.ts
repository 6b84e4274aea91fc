import { RetriableError } from "@weir/record";
import type { Producer, ProducerOptions, Transaction } from "@weir/stream";
import type { Link } from "../connection/index.ts";
import { createEncoderPool } from "./encoder-pool.ts";
import { FencedId } from "./fenced-id.ts";
import { Outbox } from "./outbox.ts";
import { KafkaTransaction } from "./transaction.ts";
import { TransactionalId } from "./transactional-id.ts";

/** With transactions v2 an id that is used again at once waits some 20 ms in the broker; with four in turn 2 ms. */
const DEFAULT_IDS = 4;
/** Longer than any request may take, shorter than a stock broker's session time. */
const DEFAULT_TIMEOUT_MS = 15_000;

/**
 * Initialises all ids `<transactionalId>-0` …, which ends what a predecessor left open under them. At least once, everything is written
 * under the first of them: only the sequences of one producer show the broker that something before is missing.
 */
export async function createProducer(link: Link, options: ProducerOptions): Promise<Producer> {
  const count = options.rotate ?? DEFAULT_IDS;
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const isAtomic = options.guarantee !== "at-least-once";
  const Id = isAtomic ? TransactionalId : FencedId;
  const ids = Array.from({ length: count }, (_, i) => new Id(link, `${options.transactionalId}-${i}`, timeoutMs));
  const turns = isAtomic ? count : 1;
  const pool = createEncoderPool(options.compression);
  const outbox = new Outbox(link, pool);
  const open = new Set<KafkaTransaction>();
  let life = 0;
  let next = 0;
  let lastCommit: Promise<void> = Promise.resolve();
  let failure: Error | null = new RetriableError("NOT_INITIALISED", "the producer has not been initialised");

  const init = async (): Promise<void> => {
    life++;
    failure ??= new RetriableError("INITIALISED", "the producer was initialised while the transaction was open");
    outbox.clear(failure);
    open.clear();
    await Promise.all(ids.map((id) => id.init()));
    lastCommit = Promise.resolve();
    failure = null;
  };

  const begin = (): Transaction => {
    if (failure !== null && !(failure instanceof RetriableError)) throw failure;
    if (failure !== null)
      throw new RetriableError("PRODUCER_BROKEN", `no transaction before the producer is initialised again: ${failure.message}`, failure);
    const id = ids[next % turns]!; // turns <= count, modulo
    if (isAtomic && [...open].some((other) => other.id === id))
      throw new Error(`only ${count} transactions of ${options.transactionalId} may be open at a time`);
    next++;
    const mine = life;
    const ended = new RetriableError("INITIALISED", "the producer was initialised while the transaction was open");
    const transaction = new KafkaTransaction({
      id,
      outbox,
      pool,
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
    open.add(transaction);
    return transaction;
  };

  await init();
  return {
    init,
    begin,
    async [Symbol.asyncDispose]() {
      await Promise.allSettled([...open].map((t) => t.abort()));
      failure ??= new RetriableError("CLOSED", "the producer is closed");
      outbox.clear(failure);
    },
  };
}
