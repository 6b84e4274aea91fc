import type { Batch } from "@weir/record";
import { openLink } from "../../../packages/kafka/src/connection/index.ts";
import { createEncoderPool } from "../../../packages/kafka/src/data-path/encoder-pool.ts";
import type { BatchEncoder } from "../../../packages/kafka/src/record-batch/index.ts";
import { Produce } from "../../../packages/kafka/src/wire/index.ts";

/** Writes rows of one batch to a topic: outside of transactions, all replicas asked, nothing repeated. */
export interface Sender extends AsyncDisposable {
  /** Rows by partition, in one request that is on its way when this returns. */
  send(rows: readonly Int32Array[]): void;
  /** All that was sent is acknowledged; rejects if something was not. */
  settled(): Promise<void>;
}

/** A broker that takes longer has not failed: it is what the measurement is to show. */
const PRODUCE_MS = 60_000;

/** Nothing is repeated: a record that the broker refused would come twice or late, and the measurement is over anyhow. */
export async function createSender(address: string, topic: string, batch: Batch): Promise<Sender> {
  const link = await openLink({ brokers: [address], clientId: "latency-generator", requestMs: PRODUCE_MS });
  const leaders = new Set((await link.topics([topic], { fresh: true })).get(topic)?.leaders);
  const [leader] = leaders;
  if (leader === undefined || leader < 0 || leaders.size > 1) throw new Error(`${topic} has no leader, or more than one`);
  const socket = await link.socket(leader, "produce");
  const pool = createEncoderPool();
  const underWay = new Set<Promise<void>>();
  let fault: Error | null = null;

  const request = async (parts: readonly { readonly partition: number; readonly encoder: BatchEncoder }[]): Promise<void> => {
    const partitions = parts.map(({ partition, encoder }) => ({ partition, records: encoder.finish(null) }));
    const answer = await socket.call(Produce, {
      transactionalId: null,
      acks: -1,
      timeoutMs: PRODUCE_MS,
      topics: [{ name: topic, partitions }],
    });
    const refused = answer.topics.flatMap((t) => t.partitions).find((p) => p.error !== 0);
    if (refused) throw new Error(`partition ${refused.partition} of ${topic} refused records with error ${refused.error}`);
    for (const { encoder } of parts) pool.give(encoder);
  };

  return {
    send(rows) {
      if (fault !== null) throw fault;
      const now = Date.now();
      const parts = rows.flatMap((own, partition) => {
        if (own.length === 0) return [];
        const key = String(partition);
        const encoder = pool.take(key);
        if (encoder.add(batch, own, 0, now) < own.length)
          throw new Error(`${own.length} records are more than one batch takes: send more often`);
        pool.finished(key, encoder);
        return [{ partition, encoder }];
      });
      if (parts.length === 0) return;
      const sent = request(parts)
        .catch((error: unknown) => void (fault ??= error instanceof Error ? error : new Error(String(error))))
        .finally(() => underWay.delete(sent));
      underWay.add(sent);
    },
    async settled() {
      await Promise.all(underWay);
      if (fault !== null) throw fault;
    },
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  };
}
