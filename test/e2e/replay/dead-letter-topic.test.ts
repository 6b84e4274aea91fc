import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { run as runGate } from "@weir/gate";
import { createKafkaLog, createTopicAdmin } from "@weir/kafka";
import { batchOf } from "@weir/record";
import type { Topology } from "@weir/pipeline";
import { createLogger, loadPipeline, systemClock, type RunningService } from "@weir/service";
import type { Log } from "@weir/stream";
import { expect, inject, test } from "vitest";
import { readCommitted } from "../read-committed.ts";
import { keyOf, valueOf, writeTextPipeline } from "./pipeline.ts";

const DEADLINE_MS = 60_000;
const encoder = new TextEncoder();

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const end = systemClock.monotonic() + DEADLINE_MS; !(await holds()); await systemClock.sleep(100))
    if (systemClock.monotonic() > end) throw new Error("it did not come to that");
}

async function count(log: Log, topic: string): Promise<number> {
  let records = 0;
  await readCommitted(log, [topic], (batch) => void (records += batch.count));
  return records;
}

interface World {
  readonly log: Log;
  readonly topology: Topology;
  /** Offset up to which the gate has committed; null where it has not. */
  committed(): Promise<number | null>;
  /** Records in the topic behind the gate. */
  passed(): Promise<number>;
  /** Records in the topic of dead letters and in the one behind the gate. */
  counts(): Promise<readonly [number, number]>;
  startGate(): Promise<RunningService>;
}

/** Four records wait for a gate, the two in the middle are no good; the topic of dead letters is not there yet. */
async function prepare(word: string): Promise<World & AsyncDisposable> {
  const folder = mkdtempSync(path.join(tmpdir(), `weir-${word}-`));
  const name = `${word}-${Date.now().toString(36)}`;
  writeTextPipeline(folder, name, 1);
  const loaded = loadPipeline(folder, {});
  const { topology } = loaded;
  const brokers = [inject("kafka")];
  const log = await createKafkaLog({ brokers, clientId: "weir-missing" });
  await log.createTopics(topology.topics.filter((topic) => topic.name !== topology.dlq));
  await using producer = await log.producer({ transactionalId: name });
  const transaction = producer.begin();
  const lane = { topic: topology.entryTopic, partition: 0 };
  const good = valueOf(1).replace(/"v":"(\d+)"/, '"v":$1');
  const values = [good, valueOf(2), valueOf(3), good];
  transaction.write(lane, batchOf(lane, values.map((value) => ({ key: encoder.encode(keyOf(1)), value: encoder.encode(value) })))); // prettier-ignore
  await transaction.commit(null);
  const group = topology.stages.find((stage) => stage.id === "gate")?.group ?? "";
  return {
    log,
    topology,
    committed: async () => (await log.committed(group, [lane], null)).get(`${lane.topic}/0`) ?? null,
    passed: () => count(log, `${name}.out`),
    counts: async () => [await count(log, topology.dlq), await count(log, `${name}.out`)],
    startGate: () => runGate({ loaded, connect: (client) => createKafkaLog({ brokers, clientId: client }), clock: systemClock, logger: createLogger({ level: "silent", service: "gate" }), slot: name, listen: { host: "127.0.0.1", port: 0 }, transactionTimeoutMs: 10_000 }), // prettier-ignore
    [Symbol.asyncDispose]: () => log[Symbol.asyncDispose](),
  };
}

const deadLetters = ({ topics, dlq }: Topology): Topology["topics"] => topics.filter((topic) => topic.name === dlq);
const ARE_THERE = [2, 2];

test("where the topic of dead letters is missing its partitions halt and nothing is committed; when it is there they come, once", async () => {
  await using world = await prepare("missing");
  const service = await world.startGate();
  try {
    await until(async () => (await fetch(`${service.url}/metrics`)).text().then((text) => /weir_partition_halted\{[^}]*\} 1/.test(text)));
    expect(await world.committed()).toBeNull();
    expect(await world.passed()).toBe(0);
    await world.log.createTopics(deadLetters(world.topology));
    await until(async () => (await world.counts()).reduce((sum, n) => sum + n, 0) >= 4);
    expect(await world.counts()).toEqual(ARE_THERE);
  } finally {
    await service.stop();
  }
});

test("where the topic takes no dead letter of their size the service ends and says so; after it is mended they come, once", async () => {
  await using world = await prepare("full");
  await world.log.createTopics(deadLetters(world.topology).map((topic) => ({ ...topic, configs: { "max.message.bytes": "300" } })));
  const refused = await world.startGate();
  await expect(refused.done).rejects.toMatchObject({
    exitCode: 4,
    problem: { code: "WEIR-7009", where: expect.stringContaining(world.topology.dlq) as string },
  });
  await refused.stop();
  expect([await world.committed(), await world.counts()]).toEqual([0, [0, 0]]); // where it started, and not over anything unread
  await using admin = await createTopicAdmin({ brokers: [inject("kafka")], clientId: "weir-missing" });
  await admin.alter(world.topology.dlq, { "max.message.bytes": "2097152" });
  const service = await world.startGate();
  try {
    await until(async () => (await world.counts()).reduce((sum, n) => sum + n, 0) >= 4);
    expect(await world.counts()).toEqual(ARE_THERE);
  } finally {
    await service.stop();
  }
});
