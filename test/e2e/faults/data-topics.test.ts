import { afterAll, beforeAll, expect, test } from "vitest";
import { batchOf } from "@weir/record";
import { serveHere } from "../in-process.ts";
import { openDataWorld, textAt, type DataWorld } from "./data-world.ts";
import { openTopicAdmin, type TopicAdmin } from "./topic-admin.ts";

let world: DataWorld;
let admin: TopicAdmin;
beforeAll(async () => {
  world = await openDataWorld();
  admin = await openTopicAdmin(world.broker.address);
});
afterAll(async () => {
  await admin[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const SERVICES = ["gate", "inference", "router"] as const;
const LARGE = 2000;
const WAIT = { timeout: 30_000, interval: 100 };

async function endOf(topic: string, partition: number): Promise<number> {
  return (await world.log.bounds([{ topic, partition }])).get(`${topic}/${partition}`)?.latest ?? 0;
}

test("retention that passes a group halts the partition, while running and at the next start; a policy goes on", async () => {
  const loaded = await world.pipeline("retention");
  const entry = loaded.topology.entryTopic;
  await world.write(loaded, 2, 200);
  {
    await using _served = await serveHere(SERVICES, loaded, world.connection);
    await world.settled(loaded, 400);
  }
  await world.write(loaded, 2, 200, 8);
  const start = (await endOf(entry, 0)) - 20;
  await admin.deleteRecords(entry, 0, start); // away with what the gate has not read
  {
    await using stopped = await serveHere(SERVICES, loaded, world.connection);
    await expect
      .poll(() => textAt(stopped.urls, "gate", "/readyz"), WAIT)
      .toMatch(/WEIR-5001 records of retention.ingest.out\/0 were deleted/);
    expect(await textAt(stopped.urls, "gate", "/metrics")).toMatch(/weir_partition_halted\{[^}]*partition="0"[^}]*\} 1/);
    // The other partition has gone on.
    await expect.poll(async () => (await world.log.committed("retention.gate", [{ topic: entry, partition: 1 }], null)).get(`${entry}/1`), WAIT).toBe(await endOf(entry, 1)); // prettier-ignore
  }
  await using going = await serveHere(SERVICES, loaded, world.connection, { missingOffsets: "earliest" });
  await expect.poll(async () => (await world.log.committed("retention.gate", [{ topic: entry, partition: 0 }], null)).get(`${entry}/0`), WAIT).toBe(await endOf(entry, 0)); // prettier-ignore
  expect(JSON.parse(await textAt(going.urls, "gate", "/readyz"))).toEqual({ ready: true });
});

test("a topic that is deleted and created anew under a running gate: offsets of the old one are not used in the new one", async () => {
  const loaded = await world.pipeline("recreated");
  const entry = loaded.topology.entryTopic;
  await world.write(loaded, 2, 200);
  {
    await using served = await serveHere(SERVICES, loaded, world.connection);
    await world.settled(loaded, 400);
    await admin.deleteTopic(entry);
    await expect.poll(async () => (await world.log.partitions([entry])).has(entry), WAIT).toBe(false);
    await world.log.createTopics(loaded.topology.topics);
    await world.write(loaded, 3, 200, 9); // more than the old one had: old offsets would exist in it
    await expect.poll(() => textAt(served.urls, "gate", "/readyz"), WAIT).toMatch(/WEIR-5001 .*created anew/);
  }
  await using _again = await serveHere(SERVICES, loaded, world.connection);
  const outAgain = async (): Promise<number> => {
    const { stdout } = await world.weir(["audit", "counts", "--json", "--pipeline", loaded.folder]);
    return Object.values((JSON.parse(stdout) as { ends: Record<string, number> }).ends).reduce((n, c) => n + c, 0);
  };
  await expect.poll(outAgain, WAIT).toBe(400 + 600); // all of the new one, once, beside all of the old one
});

test("partitions that are added to the entry alone wait, told, until the next topics have them", async () => {
  const loaded = await world.pipeline("widened");
  const { topology } = loaded;
  await using served = await serveHere(SERVICES, loaded, world.connection);
  await world.write(loaded, 2, 200);
  await world.settled(loaded, 400);
  await admin.addPartitions(topology.entryTopic, 3);
  await expect
    .poll(() => textAt(served.urls, "gate", "/readyz"), WAIT)
    .toMatch(/WEIR-5006 widened.ingest.out\/2 has no place to go: .*widened.gate.pass/);
  for (const { name } of topology.topics.filter((t) => t.partitions === 2 && t.name !== topology.entryTopic))
    await admin.addPartitions(name, 3);
  await expect.poll(() => textAt(served.urls, "gate", "/readyz"), WAIT).not.toMatch(/halted/);
  const lane = { topic: topology.entryTopic, partition: 2 };
  expect((await world.log.partitions([lane.topic])).get(lane.topic)).toBe(3);
  await using producer = await world.log.producer({ transactionalId: "widened" });
  const transaction = producer.begin();
  transaction.write(lane, batchOf(lane, [{ key: null, value: new TextEncoder().encode("not even JSON") }]));
  await transaction.commit(null);
  await expect.poll(() => endOf(topology.dlq, 2), WAIT).toBeGreaterThan(0);
});

test("a transaction that hangs in the input is told by its partition, and the others go on", async () => {
  const loaded = await world.pipeline("hanging");
  const entry = loaded.topology.entryTopic;
  await using served = await serveHere(SERVICES, loaded, world.connection);
  await using producer = await world.log.producer({ transactionalId: "hanging", timeoutMs: 60_000 });
  const transaction = producer.begin();
  const lane = { topic: entry, partition: 0 };
  const padding = { key: null, value: new TextEncoder().encode(JSON.stringify({ padding: "x".repeat(1000) })) };
  transaction.write(
    lane,
    batchOf(
      lane,
      Array.from({ length: LARGE }, () => padding),
    ),
  ); // so much that some of it is sent before the commit
  await expect.poll(async () => (await world.log.bounds([lane])).get(`${entry}/0`)?.end, WAIT).toBeGreaterThan(0);
  await world.write(loaded, 1, 200);
  const waited = async (): Promise<number> =>
    Number(
      /weir_open_transaction_wait_seconds\{[^}]*partition="0"[^}]*\} (\S+)/.exec(await textAt(served.urls, "gate", "/metrics"))?.[1] ?? -1,
    );
  await expect.poll(waited, WAIT).toBeGreaterThan(2);
  await expect.poll(() => endOf("hanging.gate.pass", 1), WAIT).toBeGreaterThan(0);
  expect(await endOf("hanging.gate.pass", 0)).toBe(0);
  await transaction.commit(null);
  await world.settled(loaded, LARGE + 200);
  await expect.poll(waited, WAIT).toBe(0);
});
