import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { createKafkaLog } from "@weir/kafka";
import { batchOf, headerText, partitionOf, recordAt, type PlainRecord } from "@weir/record";
import { createSchemaRegistry } from "@weir/schema-registry";
import { loadPipeline, plainConnection, withRegistry, type LoadedPipeline } from "@weir/service";
import type { Log } from "@weir/stream";
import { createW1, createW1Avro, startRegistry, W1_AVRO_SCHEMAS, writeW1Pipeline, type TestRegistry } from "@weir/testkit";
import { serveHere } from "../in-process.ts";
import { readCommitted } from "../read-committed.ts";

const RECORDS = 4000;
const PARTITIONS = 2;
const SEED = 11;
const TOPICS = ["route.auto", "route.review", "route.manual", "gate.quarantine"];

let folder: string;
let log: Log;
let registry: TestRegistry;
/** Of a real one, as WEIR_TEST_REGISTRY names it; else of one in this process that answers as the API is documented. */
let url: string;
let ids: readonly [number, number, number];

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "weir-avro-"));
  log = await createKafkaLog({ brokers: [inject("kafka")], clientId: "weir-avro" });
  registry = await startRegistry();
  url = process.env["WEIR_TEST_REGISTRY"] ?? registry.url;
  const [whole, without, text] = W1_AVRO_SCHEMAS;
  ids = [await register("w1-value", whole), await register("w1-without-mcc-value", without), await register("w1-hour-value", text)];
});

afterAll(async () => {
  await log[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function register(subject: string, schema: object): Promise<number> {
  const body = JSON.stringify({ schema: JSON.stringify(schema), schemaType: "AVRO" });
  const headers = { "content-type": "application/vnd.schemaregistry.v1+json" };
  const answer = await fetch(`${url}/subjects/${subject}/versions`, { method: "POST", headers, body });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { id: number }).id;
}

/** A pipeline of card transactions with its topics, and its input in them. */
async function pipelineOf(name: string, more: { format?: "avro"; minimalHeaders?: boolean } = {}): Promise<LoadedPipeline> {
  writeW1Pipeline(path.join(folder, name), { name, partitions: PARTITIONS, windowRecords: null, commitEveryMs: 20, ...more });
  const environment = { environment: null, env: { WEIR_SCHEMA_REGISTRY: url } };
  const loaded = withRegistry(loadPipeline(path.join(folder, name), {}), environment, createSchemaRegistry);
  await log.createTopics(loaded.topology.topics);
  await using producer = await log.producer({ transactionalId: `avro-${name}` });
  const transaction = producer.begin();
  const encoder = new TextEncoder();
  const json = createW1({ seed: SEED });
  const avro = createW1Avro({ seed: SEED }, ids);
  const lists = Array.from({ length: PARTITIONS }, (): { key: Uint8Array; value: Uint8Array }[] => []);
  for (let i = 0; i < RECORDS; i++) {
    const made = more.format === "avro" ? avro(i) : json(i);
    const value = typeof made.value === "string" ? encoder.encode(made.value) : made.value;
    const key = encoder.encode(made.key);
    lists[partitionOf(key, PARTITIONS)]!.push({ key, value }); // one of the partitions
  }
  lists.forEach((list, partition) =>
    transaction.write({ topic: loaded.topology.entryTopic, partition }, batchOf({ topic: "", partition }, list)),
  );
  await transaction.commit(null);
  return loaded;
}

interface Out {
  readonly topic: string;
  readonly id: string;
  readonly value: string;
  readonly prediction: unknown;
  readonly class: string | null;
}

/** Everything that came out, by topic and id; every record once. */
async function outputsOf({ pipeline, topology }: LoadedPipeline): Promise<Out[]> {
  const topics = [...TOPICS.map((port) => `${pipeline.name}.${port}`), topology.dlq];
  const read = async (): Promise<Out[]> => {
    const out: Out[] = [];
    await readCommitted(log, topics, (batch) => {
      for (let row = 0; row < batch.count; row++) out.push(outOf(batch.topic.slice(pipeline.name.length), recordAt(batch, row)));
    });
    return out.sort((a, b) => (a.topic + a.id < b.topic + b.id ? -1 : 1));
  };
  await expect.poll(async () => (await read()).length, { timeout: 60_000, interval: 300 }).toBe(RECORDS);
  return read();
}

function outOf(topic: string, { headers, value }: PlainRecord): Out {
  const text = headerText(headers, "weir.prediction");
  return {
    topic,
    id: headerText(headers, "weir.id") ?? "",
    value: Buffer.from(value ?? []).toString("base64"),
    prediction: text === null ? null : (JSON.parse(text) as unknown),
    class: headerText(headers, "weir.dlq.class"),
  };
}

async function servedBy(loaded: LoadedPipeline, fused: boolean): Promise<Out[]> {
  await using _served = await serveHere(["gate", "inference", "router"], loaded, plainConnection(inject("kafka")), { fused });
  return await outputsOf(loaded);
}

/** Where the record went and why, and what was predicted, without how it is written. */
function decisionOf({ topic, id, class: failure, prediction, value }: Out): unknown {
  const decoded: unknown = prediction === null && topic.startsWith(".route") ? JSON.parse(Buffer.from(value, "base64").toString()) : null;
  const spliced: unknown = typeof decoded === "object" && decoded !== null ? Reflect.get(decoded, "prediction") : null;
  return { topic, id, class: failure, prediction: prediction ?? spliced };
}

test("five services and fused give the same records, byte for byte as they came, and decide as over JSON", async () => {
  const split = await servedBy(await pipelineOf("avro-split", { format: "avro" }), false);
  const fused = await servedBy(await pipelineOf("avro-fused", { format: "avro" }), true);
  const minimal = await servedBy(await pipelineOf("avro-minimal", { format: "avro", minimalHeaders: true }), false);
  const json = await servedBy(await pipelineOf("avro-as-json"), true);
  const made = createW1Avro({ seed: SEED }, ids);
  const came = Array.from({ length: RECORDS }, (_, i) => Buffer.from(made(i).value).toString("base64"));
  expect(split.map(({ value }) => value).sort()).toEqual(came.sort());
  // Records that cannot be read are called after their place in a topic, whose name differs.
  const same = (out: readonly Out[]): unknown[] => out.filter((o) => o.id.startsWith("tx-"));
  expect(same(fused)).toEqual(same(split));
  expect(same(minimal)).toEqual(same(split));
  expect(same(split).length).toBe(RECORDS - RECORDS / 400);
  expect(fused.filter((o) => !o.id.startsWith("tx-")).map((o) => o.class)).toEqual(Array.from({ length: RECORDS / 400 }, () => "DECODE"));
  expect(split.filter(({ topic }) => topic.startsWith(".route")).every(({ prediction }) => prediction !== null)).toBe(true);
  expect(split.filter((o) => o.id.startsWith("tx-")).map(decisionOf)).toEqual(json.filter((o) => o.id.startsWith("tx-")).map(decisionOf));
});
