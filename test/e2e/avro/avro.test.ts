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
import { serveHere, weirHere, type ServedHere } from "../in-process.ts";
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

const register = (subject: string, schema: object): Promise<number> => registerAt(url, subject, schema);

async function registerAt(at: string, subject: string, schema: object): Promise<number> {
  const body = JSON.stringify({ schema: JSON.stringify(schema), schemaType: "AVRO" });
  const headers = { "content-type": "application/vnd.schemaregistry.v1+json" };
  const answer = await fetch(`${at}/subjects/${subject}/versions`, { method: "POST", headers, body });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { id: number }).id;
}

interface Registered {
  readonly url: string;
  readonly ids: readonly [number, number, number];
}

/** The registry of this process, which can be told to fail. */
async function ownRegistry(): Promise<Registered> {
  const [whole, without, text] = W1_AVRO_SCHEMAS;
  const at = (subject: string, schema: object): Promise<number> => registerAt(registry.url, subject, schema);
  return {
    url: registry.url,
    ids: [await at("w1-value", whole), await at("w1-without-mcc-value", without), await at("w1-hour-value", text)],
  };
}

/** With nothing known of any schema yet. */
function loadedFrom(own: string, at: string = registry.url): LoadedPipeline {
  return withRegistry(loadPipeline(own, {}), { environment: null, env: { WEIR_SCHEMA_REGISTRY: at } }, createSchemaRegistry);
}

const serve = (loaded: LoadedPipeline): Promise<ServedHere> =>
  serveHere(["gate", "inference", "router"], loaded, plainConnection(inject("kafka")));

async function counted(topic: string): Promise<number> {
  let count = 0;
  await readCommitted(log, [topic], (batch) => void (count += batch.count));
  return count;
}

/** A pipeline of card transactions with its topics, and its input in them. */
async function pipelineOf(
  name: string,
  more: { format?: "avro"; minimalHeaders?: boolean } = {},
  at: Registered = { url, ids },
): Promise<LoadedPipeline> {
  writeW1Pipeline(path.join(folder, name), { name, partitions: PARTITIONS, windowRecords: null, commitEveryMs: 20, ...more });
  const loaded = loadedFrom(path.join(folder, name), at.url);
  await log.createTopics(loaded.topology.topics);
  await using producer = await log.producer({ transactionalId: `avro-${name}` });
  const transaction = producer.begin();
  const encoder = new TextEncoder();
  const json = createW1({ seed: SEED });
  const avro = createW1Avro({ seed: SEED }, at.ids);
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

test("while the registry is away records wait; an id that it does not know is a dead letter, which a replay brings through", async () => {
  const loaded = await pipelineOf("avro-away", { format: "avro" }, await ownRegistry());
  const { topology, folder: own } = loaded;
  const entry = { topic: topology.entryTopic, partition: 0 };
  const later = await registerAt(registry.url, "w1-later-value", { ...W1_AVRO_SCHEMAS[0], doc: "registered later" });
  registry.hide(later, true);
  registry.fails(503);
  {
    await using _served = await serve(loaded);
    const asked = registry.asked.length;
    await expect.poll(() => registry.asked.length, { timeout: 30_000 }).toBeGreaterThan(asked + 2);
    expect(await counted(topology.dlq)).toBe(0);
    registry.fails(null);
    await outputsOf(loaded);
    await using producer = await log.producer({ transactionalId: "avro-unknown" });
    const transaction = producer.begin();
    const { value } = createW1Avro({ seed: 5, faultEvery: 0 }, [later, later, later])(0);
    transaction.write(entry, batchOf(entry, [{ key: Buffer.from("card-1"), value }]));
    await transaction.commit(null);
    await expect.poll(() => counted(topology.dlq), { timeout: 30_000 }).toBe(RECORDS / 100 - RECORDS / 400 + 1);
  }
  registry.hide(later, false);
  const weir = (...args: string[]) =>
    weirHere([...args, "--pipeline", own, "--broker", inject("kafka")], { WEIR_SCHEMA_REGISTRY: registry.url });
  const file = path.join(folder, "plan.json");
  const made = await weir("dlq", "plan", "--class", "DECODE", "--since", "2020-01-01T00:00:00Z", "--passing", "--json", "-o", file);
  expect([made.code, JSON.parse(made.stdout)]).toMatchObject([0, { records: 1, wouldPass: { pass: 1 } }]);
  await using _again = await serve(loadedFrom(own));
  const routed = async (): Promise<number> => (await Promise.all(["auto", "review", "manual"].map((b) => counted(`avro-away.route.${b}`)))).reduce((a, b) => a + b); // prettier-ignore
  const before = await routed();
  const run = await weir("replay", "run", file, "--reason", "the schema is registered", "--yes", "--by", "user:tests");
  expect([run.code, run.stderr]).toEqual([0, expect.any(String)]);
  await expect.poll(routed, { timeout: 30_000 }).toBe(before + 1);
});

test("what works on JSON says so", async () => {
  const name = "avro-refused";
  writeW1Pipeline(path.join(folder, name), { name, partitions: 1, windowRecords: null, format: "avro" });
  const weir = (...args: string[]) => weirHere([...args, "--broker", inject("kafka")], { WEIR_SCHEMA_REGISTRY: registry.url });
  const own = path.join(folder, name);
  const said = [
    await weir("dlq", "plan", "--class", "DECODE", "--map", "/amount=1.0", "--pipeline", own),
    await weir("produce", "--pipeline", own),
    await weir("up", own, "--sample"),
    await weirHere(["dry-run", own]),
    await weirHere(["up", own]),
  ].map(({ code, stderr }) => [code, /WEIR-\d+/.exec(stderr)?.[0]]);
  expect(said).toEqual([[2, "WEIR-5207"], [2, "WEIR-6041"], [2, "WEIR-6041"], [2, "WEIR-6041"], [3, "WEIR-5113"]]); // prettier-ignore
});

test("weir doctor asks the registry that is named: any answer in form will do, none is exit code 4", async () => {
  const doctor = async (at: string | null): Promise<unknown> => {
    const { code, stdout } = await weirHere(
      ["doctor", "--json", "--broker", inject("kafka")],
      at === null ? {} : { WEIR_SCHEMA_REGISTRY: at },
    );
    const found = (JSON.parse(stdout) as { name: string; ok: boolean; detail: string }[]).find(({ name }) => name.startsWith("registry"));
    return [code, found?.name, found?.ok, found?.detail.replace(/\d+ ms/, "N ms")];
  };
  expect(await doctor(null)).toEqual([0, undefined, undefined, undefined]);
  expect(await doctor(registry.url)).toEqual([0, `registry ${registry.url}`, true, "answers in N ms"]);
  registry.fails(401);
  try {
    expect(await doctor(registry.url)).toEqual([4, `registry ${registry.url}`, false, expect.stringMatching(/answers 401/)]);
  } finally {
    registry.fails(null);
  }
  expect(await doctor("http://127.0.0.1:9")).toEqual([4, "registry http://127.0.0.1:9", false, expect.stringMatching(/does not answer/)]);
});
