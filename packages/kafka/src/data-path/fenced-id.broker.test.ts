import { randomUUID } from "node:crypto";
import { batchOf, laneKey, recordAt } from "@weir/record";
import { expect, inject, it } from "vitest";
import { openLink } from "../connection/index.ts";
import { createKafkaLog } from "../kafka-log.ts";
import { createEncoderPool } from "./encoder-pool.ts";
import { FencedId } from "./fenced-id.ts";
import { Outbox } from "./outbox.ts";
import { KafkaTransaction } from "./transaction.ts";

it("behind a batch that never came nothing is taken until the id is initialised: what comes first comes in order", async () => {
  const brokers = [inject("kafka")];
  await using log = await createKafkaLog({ brokers, clientId: "weir-test" });
  await using link = await openLink({ brokers, clientId: "weir-test" });
  const lane = { topic: `t-${randomUUID()}`, partition: 0 };
  await log.createTopics([{ name: lane.topic, partitions: 1 }]);
  const id = new FencedId(link, `tx-${randomUUID()}`, 15_000);
  const pool = createEncoderPool();
  const outbox = new Outbox(link, pool);
  const home = { id, outbox, pool, previousCommit: () => Promise.resolve(), follow() {}, fail() {}, finished() {}, failure: () => null };
  const write = async (value: string): Promise<void> => {
    const slice = new KafkaTransaction(home);
    slice.write(lane, batchOf(lane, [{ value: Buffer.from(value) }]));
    await slice.commit(null);
  };
  await id.init();
  await write("a");
  id.nextSequence(laneKey(lane), 1); // of a batch that is lost on its way
  await expect(write("c")).rejects.toMatchObject({ code: "OUT_OF_ORDER_SEQUENCE_NUMBER" });
  await id.init();
  for (const value of ["b", "c"]) await write(value);
  await using fetcher = log.fetcher();
  const { batches } = await fetcher.fetch([{ ...lane, offset: 0 }], 1000);
  const values = batches.flatMap((batch) =>
    Array.from({ length: batch.count }, (_, row) => Buffer.from(recordAt(batch, row).value ?? "").toString()),
  );
  expect(values).toEqual(["a", "b", "c"]);
});
