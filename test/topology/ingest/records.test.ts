import { createHmac, randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { compileContract } from "@weir/contract";
import { batchOf, headerText, partitionOf } from "@weir/record";
import { systemClock } from "@weir/service";
import { createMemoryLog, type MemoryLog } from "@weir/stream";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openDoor, valuesIn, type RunningDoor } from "./door.ts";

const PARTITIONS = 3;
const PATH = "/v1/p/records";

let log: MemoryLog;
let door: RunningDoor;
let before: number;
beforeAll(async () => {
  log = createMemoryLog({ clock: systemClock });
  door = await openDoor({ log, partitions: PARTITIONS, doors: "http: {batchMax: 100, headers: [x-source], limits: {body: 64KiB}}" });
});
afterAll(() => door[Symbol.asyncDispose]());

const all = () => log.read("p.ingest.out").flatMap((records, partition) => records.map((record) => ({ ...record, partition })));
beforeEach(() => {
  before = all().length;
});
/** Written since the test began, in the order of the answer. */
const written = (records: unknown) => {
  const byPlace = new Map(all().map((record) => [`${record.partition}@${record.offset}`, record]));
  return (records as { partition: number; offset: number }[]).map(({ partition, offset }) => {
    const found = byPlace.get(`${partition}@${offset}`);
    return { ...found, text: Buffer.from(found?.value ?? []).toString(), keyText: found?.key ? Buffer.from(found.key).toString() : null };
  });
};
describe("values reach the topic byte for byte", () => {
  const odd = '{ "id" : "é\\u00e9",\t"n":1.0e+2, "__proto__":{"a":1},"big":1e999 , "id2":12345678901234567890 }';
  test.each([
    ["one object", odd, "application/json", [odd]],
    ["an array", ` [ ${odd} ,{"id":"b"}]\n`, "application/json", [odd, '{"id":"b"}']],
    ["lines", `${odd}\r\n\n{"id":"b"}`, "application/x-ndjson", [odd, '{"id":"b"}']],
    ["a type of its own", odd, "application/vnd.flights+json; charset=UTF-8", [odd]],
  ])("%s", async (_, body, type, values) => {
    const { status, json } = await door.send(PATH, body, { "content-type": type });
    expect(status).toBe(202);
    expect(written(json["records"]).map(({ text }) => text)).toEqual(values);
    expect(all().length - before).toBe(values.length);
  });

  test("packed with gzip", async () => {
    const { status, json } = await door.send(PATH, gzipSync(`[${odd}]`), { "content-encoding": "gzip" });
    expect(status).toBe(202);
    expect(written(json["records"])[0]?.text).toBe(odd);
  });
});

test("the key comes from record.key, the partition by murmur2 of it, the order stays", async () => {
  const ids = Array.from({ length: 60 }, (_, i) => `flight-${i % 7}`);
  const { json } = await door.send(PATH, JSON.stringify(ids.map((id, n) => ({ id, n }))));
  const found = written(json["records"]);
  expect(found.map(({ keyText, text }) => [keyText, text])).toEqual(ids.map((id, n) => [id, JSON.stringify({ id, n })]));
  expect(found.map(({ partition }) => partition)).toEqual(ids.map((id) => partitionOf(Buffer.from(id), PARTITIONS)));
  for (let p = 0; p < PARTITIONS; p++) {
    const offsets = found.filter(({ partition }) => partition === p).map(({ offset }) => offset ?? -1);
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
  }
});

test("trace context and the headers that the file names become headers of the records", async () => {
  const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const headers = { traceparent, tracestate: "a=b", "x-source": "tower", "x-other": "no" };
  const { json } = await door.send(PATH, '[{"id":"a"},{"id":"b"}]', headers);
  for (const record of written(json["records"]))
    expect(record.headers?.map(({ key, value }) => [key, Buffer.from(value ?? []).toString()])).toEqual([
      ["traceparent", traceparent],
      ["tracestate", "a=b"],
      ["x-source", "tower"],
    ]);
  const broken = await door.send(PATH, '{"id":"a"}', { traceparent: "00-0-0-0" });
  expect(written(broken.json["records"])[0]?.headers).toEqual([]);
});

describe("CloudEvents", () => {
  const event = (more: string): string => `{"specversion":"1.0","id":"e-1","source":"/a","type":"t",${more}}`;
  const data = '{"id": "x",  "n":1.50}';
  test.each([
    ["structured", event(`"time":"2026-01-01T00:00:00Z","data": ${data} ,"ext":7`), "application/cloudevents+json", 1],
    ["with base64", event(`"data_base64":"${Buffer.from(data).toString("base64")}"`), "application/cloudevents+json", 1],
    ["batched", `[${event(`"data":${data}`)}, ${event(`"data":${data},"partitionkey":"k"`)}]`, "application/cloudevents-batch+json", 2],
  ])("%s: the data is the value, byte for byte, attributes are headers", async (_, body, type, count) => {
    const { status, json } = await door.send(PATH, body, { "content-type": type });
    expect(status).toBe(202);
    const found = written(json["records"]);
    expect(found.map(({ text }) => text)).toEqual(Array.from({ length: count }, () => data));
    for (const { headers = [] } of found)
      expect([headerText(headers, "ce_id"), headerText(headers, "ce_specversion")]).toEqual(["e-1", "1.0"]);
  });

  test("binary: the body is the value, ce- headers are ce_ headers", async () => {
    const headers = { "ce-specversion": "1.0", "ce-id": "e-2", "ce-source": "/a", "ce-type": "t", "ce-subject": "%C3%A9%20x" };
    const { status, json } = await door.send(PATH, data, headers);
    expect(status).toBe(202);
    const [record] = written(json["records"]);
    expect(record?.text).toBe(data);
    expect([headerText(record?.headers ?? [], "ce_subject"), headerText(record?.headers ?? [], "content-type")]).toEqual([
      "é x",
      "application/json",
    ]);
  });
});

test("records of one request are refused one by one, the others are written", async () => {
  const { status, json } = await door.send(PATH, '[{"id":"a"},null,{"id":"b","x":[[]]},{"a":1,"a":2},{"id":"c"}]');
  expect([status, json["accepted"], json["refused"]]).toEqual([207, 3, 2]);
  const codes = (json["records"] as { problem?: { code: string; status: number } }[]).map((r) => r.problem?.code ?? "written");
  expect(codes).toEqual(["written", "WEIR-3012", "written", "WEIR-3015", "written"]);
  expect(all().length - before).toBe(3);
});

test("a stream of many lines is written part by part, and answered when all of it is there", async () => {
  const lines = Array.from({ length: 1234 }, (_, n) => `{"id":"${n}"}`);
  lines[1000] = "[]";
  const { status, json } = await door.send(PATH, lines.join("\n"), { "content-type": "application/x-ndjson" });
  expect([status, json["accepted"], json["refused"]]).toEqual([207, 1233, 1]);
  const records = json["records"] as { problem?: unknown }[];
  expect(records.findIndex((r) => r.problem !== undefined)).toBe(1000);
  expect(written(records.filter((r) => r.problem === undefined)).map(({ text }) => text)).toEqual(lines.filter((line) => line !== "[]"));
});

describe("Idempotency-Key", () => {
  test("the same request gets the same answer, byte for byte, and is written once", async () => {
    const headers = { "idempotency-key": randomUUID() };
    const body = '[{"id":"a"},7,{"id":"b"}]';
    const first = await door.send(PATH, body, headers);
    const second = await door.send(PATH, body, headers);
    expect([second.status, second.text]).toEqual([first.status, first.text]);
    expect([first.headers.get("idempotency-replayed"), second.headers.get("idempotency-replayed")]).toEqual([null, "true"]);
    expect(all().length - before).toBe(2);
  });

  test("requests that come at the same time are written once", async () => {
    const headers = { "idempotency-key": randomUUID() };
    const answers = await Promise.all(Array.from({ length: 20 }, () => door.send(PATH, '{"id":"a"}', headers)));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(all().length - before).toBe(1);
  });

  test("survives the service: another one over the same log gives the same answer", async () => {
    const headers = { "idempotency-key": randomUUID() };
    const body = JSON.stringify(Array.from({ length: 100 }, (_, n) => ({ id: String(n) })));
    const first = await door.send(PATH, body, headers);
    await using other = await openDoor({ log, partitions: PARTITIONS, slot: "other" });
    const second = await other.send(PATH, body, headers);
    expect([second.status, second.text]).toEqual([first.status, first.text]);
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect(all().length - before).toBe(100);
  });

  test("a key belongs to one body", async () => {
    const headers = { "idempotency-key": randomUUID() };
    await door.send(PATH, '{"id":"a"}', headers);
    const other = await door.send(PATH, '{"id":"b"}', headers);
    expect([other.status, other.json["code"]]).toEqual([422, "WEIR-3017"]);
  });
});

describe("webhooks", () => {
  const secret = "whsec_c2VjcmV0IG9mIHRoZSBwYXltZW50cw==";
  const plain = "a plain secret of some length";
  let hooks: RunningDoor;
  beforeAll(async () => {
    hooks = await openDoor({
      log,
      name: "w",
      doors: "webhook: {pay: {secrets: ['${OLD}', '${NEW}']}, stripe: {scheme: stripe, secrets: ['${PLAIN}']}}",
      env: { OLD: "an old secret of ours", NEW: secret, PLAIN: plain },
    });
  });
  afterAll(() => hooks[Symbol.asyncDispose]());
  const now = (): string => String(Math.floor(Date.now() / 1000));
  const standard = (body: string, id: string, t = now()): Record<string, string> => {
    const hmac = createHmac("sha256", Buffer.from(secret.slice(6), "base64"))
      .update(`${id}.${t}.${body}`)
      .digest("base64");
    return { "webhook-id": id, "webhook-timestamp": t, "webhook-signature": `v1,AAAA v1,${hmac}` };
  };
  const stripe = (body: string, t = now()): Record<string, string> => ({
    "stripe-signature": `t=${t},v1=${createHmac("sha256", plain).update(`${t}.${body}`).digest("hex")},v0=00`,
  });

  test("a signed body is one record; a delivery that is repeated is written once", async () => {
    const body = '{"id":"pay-1","amount": 1.50}';
    const headers = standard(body, "msg_1");
    const first = await hooks.send("/v1/w/webhooks/pay", body, headers);
    const repeated = await hooks.send("/v1/w/webhooks/pay", body, standard(body, "msg_1", String(Number(now()) - 7)));
    expect([first.status, repeated.status, repeated.text]).toEqual([202, 202, first.text]);
    expect(valuesIn(log, "w.ingest.out")).toEqual([[body]]);
    expect(headerText(log.read("w.ingest.out")[0]?.[0]?.headers ?? [], "webhook-id")).toBe("msg_1");
  });

  test("Stripe's scheme", async () => {
    const body = '{"id":"evt_1"}';
    const headers = stripe(body);
    const first = await hooks.send("/v1/w/webhooks/stripe", body, headers);
    expect([first.status, (await hooks.send("/v1/w/webhooks/stripe", body, headers)).text]).toEqual([202, first.text]);
  });

  test.each([
    ["another body", "pay", '{"id":"x"}', standard('{"id":"y"}', "m"), 401, "WEIR-3003"],
    ["no signature", "pay", '{"id":"x"}', {}, 401, "WEIR-3003"],
    ["a replay after ten minutes", "pay", '{"id":"x"}', standard('{"id":"x"}', "m2", String(Number(now()) - 600)), 401, "WEIR-3004"],
    ["a time in the future", "pay", '{"id":"x"}', standard('{"id":"x"}', "m3", String(Number(now()) + 600)), 401, "WEIR-3004"],
    ["a time that is none", "pay", "{}", { ...standard("{}", "m4"), "webhook-timestamp": "soon" }, 401, "WEIR-3003"],
    ["Stripe's scheme with another body", "stripe", "{}", stripe("{ }"), 401, "WEIR-3003"],
    ["Stripe's scheme replayed late", "stripe", "{}", stripe("{}", String(Number(now()) - 600)), 401, "WEIR-3004"],
    ["an unknown source", "nobody", "{}", {}, 404, "WEIR-3005"],
    ["a source of an object's inside", "__proto__", "{}", {}, 404, "WEIR-3005"],
    ["a signed body that is no record", "pay", "[1]", standard("[1]", "m5"), 422, "WEIR-3012"],
    ["a signed body that is no JSON", "pay", "a=1", standard("a=1", "m6"), 400, "WEIR-3010"],
  ])("%s is refused", async (_, source, body, headers, status, code) => {
    const answer = await hooks.send(`/v1/w/webhooks/${source}`, body, headers);
    expect([answer.status, answer.json["code"]]).toEqual([status, code]);
  });
});

test("the OpenAPI document describes the answers that are given", async () => {
  const answer = await fetch(`${door.url}/v1/p/openapi.json`);
  const document = (await answer.json()) as {
    openapi: string;
    paths: Record<string, unknown>;
    components: { schemas: Record<string, object> };
  };
  expect([answer.status, document.openapi, Object.keys(document.paths)]).toEqual([200, "3.1.0", ["/v1/p/records"]]);
  const { Answer, Problem, Record: record } = document.components.schemas;
  expect(record).toMatchObject({ properties: { id: { type: "string" } } });
  const within = (schema: object | undefined): unknown =>
    JSON.parse(JSON.stringify(schema).replaceAll("#/components/schemas/", "#/$defs/"));
  const faultsOf = (schema: object | undefined, text: string) => {
    const contract = compileContract(Object.assign({}, within(schema), { $defs: { Problem: within(Problem) } }));
    return contract.reader([]).read(batchOf({ topic: "t", partition: 0 }, [{ value: new TextEncoder().encode(text) }])).failures;
  };
  const mixed = await door.send(PATH, '[{"id":"a"},null]');
  expect(faultsOf(Answer, mixed.text)).toEqual(new Map());
  expect(faultsOf(Answer, mixed.text.replace("accepted", "taken")).size).toBe(1);
  const refused = await door.send(PATH, "nothing");
  expect(faultsOf(Problem, refused.text)).toEqual(new Map());
});
