import { batchOf, recordAt, type Lane } from "@weir/record";
import type { Log, Position, Transaction } from "@weir/stream";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { createKafkaLog } from "../kafka-log.ts";

let log: Log;
beforeAll(async () => {
  log = await createKafkaLog({ brokers: [inject("kafka")], clientId: "weir-aborted" });
});
afterAll(() => log[Symbol.asyncDispose]());

/** The bytes of a control record's key: version 0, type 0, as an abort marker has them. */
const LIKE_AN_ABORT = new Uint8Array(4);

async function newLane(): Promise<Lane> {
  const topic = `t-${randomUUID()}`;
  await log.createTopics([{ name: topic, partitions: 1 }]);
  return { topic, partition: 0 };
}

/** One batch on the broker, whose first record says what is to become of it. */
async function writeBatch(transaction: Transaction, lane: Lane, name: string): Promise<void> {
  const values = [name, `${name}.2`, "x".repeat(300)];
  transaction.write(
    lane,
    batchOf(
      lane,
      values.map((value) => ({ key: LIKE_AN_ABORT, value: Buffer.from(value) })),
    ),
  );
  await transaction.flush();
}

/** Names of what a read_committed reader is given, however small its fetches are. */
async function readNames(lane: Lane, maxPartitionBytes: number): Promise<string[]> {
  const end = (await log.bounds([lane])).get(`${lane.topic}/0`)?.latest ?? 0;
  const names: string[] = [];
  await using fetcher = log.fetcher({ maxPartitionBytes });
  for (let position: Position = { ...lane, offset: 0 }; position.offset < end;) {
    const { batches, failed } = await fetcher.fetch([position], 200);
    expect(failed).toEqual([]);
    for (const batch of batches) {
      for (let row = 0; row < batch.count; row++) names.push(Buffer.from(recordAt(batch, row).value ?? []).toString());
      position = { ...position, offset: batch.nextOffset };
    }
  }
  return names.filter((name) => !name.startsWith("x") && !name.endsWith(".2"));
}

test("aborted transactions between committed ones, cut anywhere by fetches: none of their records is read, all others are", async () => {
  const lane = await newLane();
  await using good = await log.producer({ transactionalId: `good-${randomUUID()}` });
  await using bad = await log.producer({ transactionalId: `bad-${randomUUID()}` });
  await using other = await log.producer({ transactionalId: `other-${randomUUID()}` });
  const expected: string[] = [];
  for (let round = 0; round < 4; round++) {
    const [a, b, c] = [good.begin(), bad.begin(), other.begin()];
    for (let i = 0; i < 3; i++) {
      const names = [`good-${round}-${i}`, `other-${round}-${i}`] as const;
      await writeBatch(a, lane, names[0]);
      await writeBatch(b, lane, `bad-${round}-${i}`);
      await writeBatch(c, lane, names[1]);
      expected.push(...(round % 2 === 0 ? names : names.slice(0, 1)));
    }
    await b.abort();
    await writeBatch(a, lane, `late-${round}`);
    expected.push(`late-${round}`);
    await a.commit(null);
    if (round % 2 === 0) await c.commit(null);
    else await c.abort();
    await expect.poll(async () => [...(await log.bounds([lane])).values()].every((b2) => b2.latest === b2.end)).toBe(true);
  }
  for (const bytes of [1, 500, 1200, 5000, 1_000_000])
    expect({ bytes, names: await readNames(lane, bytes) }).toEqual({ bytes, names: expected });
});
