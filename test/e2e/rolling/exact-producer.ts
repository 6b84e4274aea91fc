import { recordAt, RetriableError } from "@weir/record";
import type { Log, Producer } from "@weir/stream";
import { lanesOf, readCommitted } from "../read-committed.ts";
import { untilAnswered } from "../until-answered.ts";
import type { W1Piece } from "../w1-input.ts";

const decoder = new TextDecoder();

/** Writes every piece once whatever happens to the brokers. One piece at a time. */
export interface ExactProducer {
  write(piece: W1Piece): Promise<void>;
  /** Repeats until it succeeds what may be done twice. */
  repeat(act: (producer: Producer) => Promise<void>): Promise<void>;
  readonly counts: { readonly unsure: number; readonly rewritten: number };
}

/**
 * A commit that failed may have happened. So all transactional ids are initialised, which ends what is open one way or the
 * other, and then the topic is asked: a transaction is there as a whole or not at all.
 */
export function exactProducer(log: Log, producer: Producer, topic: string, numberOf: (value: string) => number | null): ExactProducer {
  const counts = { unsure: 0, rewritten: 0 };
  /** Everything below belongs to earlier pieces. */
  const looked = new Map<string, number>();

  const isThere = async (piece: W1Piece): Promise<boolean> => {
    let found = 0;
    const ends = await log.bounds(await lanesOf(log, [topic]));
    await readCommitted(
      log,
      [topic],
      (batch) => {
        for (let row = 0; row < batch.count; row++) {
          const number = numberOf(decoder.decode(recordAt(batch, row).value ?? new Uint8Array(0)));
          if (number !== null && number >= piece.first && number < piece.first + piece.count) found++;
        }
      },
      looked,
    );
    if (found !== 0 && found !== piece.count) throw new Error(`${found} of the ${piece.count} records of one transaction are committed`);
    for (const [key, { latest }] of ends) looked.set(key, latest);
    return found > 0;
  };

  return {
    counts,
    async write(piece) {
      for (;;) {
        try {
          const transaction = producer.begin();
          piece.write(transaction, topic);
          return await transaction.commit(null);
        } catch (error) {
          if (!(error instanceof RetriableError)) throw error;
        }
        counts.unsure++;
        await untilAnswered(() => producer.init());
        if (await untilAnswered(() => isThere(piece))) return;
        counts.rewritten++;
      }
    },
    repeat: (act) =>
      untilAnswered(async () => {
        await producer.init();
        await act(producer);
      }),
  };
}
