import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { run as runGate } from "@weir/gate";
import { batchOf } from "@weir/record";
import { createLogger, loadPipeline, systemClock } from "@weir/service";
import { createMemoryLog, type MemoryLog } from "@weir/stream";
import { afterEach, beforeEach, expect, test } from "vitest";

const RECORDS = 40;
const ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT";

interface Span {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: { readonly intValue?: number; readonly stringValue?: string } }[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
}

interface Received {
  readonly resource: string;
  readonly spans: readonly Span[];
}

let received: Received[];
let receiver: ReturnType<typeof createServer>;
let folder: string;
beforeEach(async () => {
  received = [];
  receiver = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => void pieces.push(piece));
    request.on("end", () => {
      expect([request.url, request.headers["content-type"]]).toEqual(["/v1/traces", "application/json"]);
      const { resourceSpans } = JSON.parse(Buffer.concat(pieces).toString());
      for (const { resource, scopeSpans } of resourceSpans)
        received.push({ resource: JSON.stringify(resource), spans: scopeSpans.flatMap((s: { spans: Span[] }) => s.spans) });
      response.setHeader("content-type", "application/json").end("{}");
    });
  });
  await new Promise<void>((resolve) => void receiver.listen(0, "127.0.0.1", resolve));
  folder = mkdtempSync(path.join(tmpdir(), "weir-tracing-"));
  const schema = { type: "object", required: ["n"], properties: { id: { type: "string" }, n: { type: "integer" } } };
  writeFileSync(path.join(folder, "record.schema.json"), JSON.stringify(schema));
  writeFileSync(
    path.join(folder, "pipeline.yaml"),
    `apiVersion: weir/v1
kind: Pipeline
metadata: { name: traced, owner: group:g }
record: { contract: record.schema.json, id: /id }
stages:
  ingest: { type: ingest, out: gate }
  gate:
    type: gate
    window: { kind: count, size: 10, hold: true }
    rules: [{ id: contract, kind: schema }]
    pass: { topic: traced.out }
`,
  );
});
afterEach(() => {
  delete process.env[ENDPOINT];
  receiver.closeAllConnections();
  receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

const traceOf = (n: number): string => n.toString(16).padStart(32, "a");
const spanOf = (n: number): string => n.toString(16).padStart(16, "b");

/** Every second record has a trace of its own, one has a header that is none; one breaks the contract. */
async function runThrough(log: MemoryLog): Promise<void> {
  const { topology } = loadPipeline(folder, {});
  await log.createTopics(topology.topics);
  const service = await runGate({
    loaded: loadPipeline(folder, {}),
    connect: async () => ({ ...log, [Symbol.asyncDispose]: async () => {} }),
    clock: systemClock,
    logger: createLogger({ level: "silent", service: "gate" }),
    slot: "test",
    listen: { host: "127.0.0.1", port: 0 },
    transactionTimeoutMs: 15_000,
  });
  await using producer = await log.producer({ transactionalId: "test" });
  const lane = { topic: topology.entryTopic, partition: 0 };
  const counted = (): number => ["traced.out", topology.dlq].flatMap((topic) => log.read(topic).flat()).length;
  for (let from = 0; from < RECORDS; from += 8) {
    const transaction = producer.begin();
    const records = Array.from({ length: 8 }, (_, i) => from + i).map((n) => ({
      value: Buffer.from(n === 7 ? `{"id":"${n}"}` : `{"id":"${n}","n":${n}}`),
      headers: n % 2 === 1 ? [{ key: "traceparent", value: Buffer.from(n === 9 ? "nonsense" : `00-${traceOf(n)}-${spanOf(n)}-01`) }] : [],
    }));
    transaction.write(lane, batchOf(lane, records));
    await transaction.commit(null);
  }
  await expect.poll(counted, { timeout: 30_000, interval: 20 }).toBe(RECORDS);
  await service.stop();
}

test("every execution is a span with links to the traces of the records that it decided, each of them in one", async () => {
  process.env[ENDPOINT] = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  await using log = createMemoryLog({ clock: systemClock });
  await runThrough(log);
  const spans = received.flatMap((r) => r.spans);
  for (const { resource } of received) expect(resource).toMatch(/"service\.name".*"weir-gate".*"weir\.pipeline".*"traced"/);
  expect(new Set(spans.map((s) => `${s.name} ${s.kind}`))).toEqual(new Set(["gate 5"])); // a consumer, in OTLP's numbers
  expect(new Set(spans.map((s) => s.traceId)).size).toBe(spans.length);
  for (const span of spans) expect(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano)).toBe(true);
  const total = (key: string): number =>
    spans.flatMap((s) => s.attributes).reduce((n, a) => n + (a.key === key ? Number(a.value.intValue) : 0), 0);
  expect([total("messaging.batch.message_count"), total("weir.records.pass"), total("weir.records.dlq")]).toEqual([
    RECORDS,
    RECORDS - 1,
    1,
  ]);
  const links = spans.flatMap((s) => s.links ?? []).map(({ traceId, spanId }) => `${traceId}/${spanId}`);
  const wanted = Array.from({ length: RECORDS }, (_, n) => n).filter((n) => n % 2 === 1 && n !== 9);
  expect(links.sort()).toEqual(wanted.map((n) => `${traceOf(n)}/${spanOf(n)}`).sort());
});

test("a collector that is away costs the pipeline nothing but the spans", async () => {
  process.env[ENDPOINT] = "http://127.0.0.1:1";
  await using log = createMemoryLog({ clock: systemClock });
  await runThrough(log);
  expect(received).toEqual([]);
});

test("without an endpoint nothing is exported", async () => {
  await using log = createMemoryLog({ clock: systemClock });
  await runThrough(log);
  expect(received).toEqual([]);
});
