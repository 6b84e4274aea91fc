import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { systemClock } from "@weir/service";
import { createMemoryLog, type MemoryLog } from "@weir/stream";
import S3rver from "s3rver";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDoor, valuesIn } from "./door.ts";

const WAIT = { timeout: 30_000, interval: 50 };

const directory = mkdtempSync(path.join(tmpdir(), "weir-s3-"));
let server: S3rver;
let endpoint: string;

beforeAll(async () => {
  const buckets = ["inbox", "refused"].map((name) => ({ name, configs: [] }));
  server = new S3rver({ port: 0, address: "127.0.0.1", silent: true, directory, configureBuckets: buckets });
  endpoint = `http://127.0.0.1:${(await server.run()).port}`;
});
afterAll(async () => {
  await server.close();
  await rm(directory, { recursive: true, force: true });
});

async function put(bucket: string, name: string, content: string | Uint8Array): Promise<void> {
  const address = `${endpoint}/${bucket}/${name.split("/").map(encodeURIComponent).join("/")}`;
  const { status } = await fetch(address, { method: "PUT", body: typeof content === "string" ? content : Buffer.from(content) });
  expect(status).toBe(200);
}

const newLog = (): MemoryLog => createMemoryLog({ clock: systemClock });
const values = (log: MemoryLog): readonly string[] => valuesIn(log).flat();

function doors(bucket: string, accessKey = "S3RVER"): string {
  const from = `{bucket: {endpoint: "${endpoint}", name: ${bucket}, prefix: in/, accessKey: ${accessKey}, secretKey: "\${S3_SECRET}"}}`;
  return `files: {in: {from: ${from}, match: '*.*', every: 20ms, settle: 100ms}}`;
}

test("every line of a bucket's objects comes once, whatever they are called; larger ones are read on by the next process", async () => {
  const log = newLog();
  await put("inbox", "in/a b+ü&<.ndjson", '{"id":"a1"}\n{"id":"a2"}\n');
  await put("inbox", "in/deep/b.ndjson.gz", gzipSync('{"id":"b1"}\n{"id":"b2"}\n'));
  await put("inbox", "in/c.csv", "id,n\nc1,1\nc2,2\n");
  await put("inbox", "elsewhere/d.ndjson", '{"id":"d1"}\n');
  const first = await openDoor({ log, doors: doors("inbox"), env: { S3_SECRET: "S3RVER" } });
  const all = ['{"id":"a1"}', '{"id":"a2"}', '{"id":"c1","n":1}', '{"id":"c2","n":2}', '{"id":"b1"}', '{"id":"b2"}'];
  await expect.poll(() => values(log).toSorted(), WAIT).toEqual(all.toSorted()); // objects that settle together come in any order
  await first[Symbol.asyncDispose]();
  await put("inbox", "in/a b+ü&<.ndjson", '{"id":"a1"}\n{"id":"a2"}\n{"id":"a3"}\n');
  await using second = await openDoor({ log, doors: doors("inbox"), env: { S3_SECRET: "S3RVER" } });
  await expect.poll(() => values(log).length, WAIT).toBe(7);
  expect(values(log).slice(6)).toEqual(['{"id":"a3"}']);
  expect(second.service.notReady()).toBeNull();
});

test("a key that is refused is told and asked again, and takes nothing in", async () => {
  const log = newLog();
  await put("refused", "in/a.ndjson", '{"id":"a1"}\n');
  await using door = await openDoor({ log, doors: doors("refused", "nobody"), env: { S3_SECRET: "S3RVER" } });
  const metrics = async (): Promise<string> => (await fetch(`${door.url}/metrics`)).text();
  await expect.poll(metrics, WAIT).toMatch(/^weir_ingest_source_faults_total\{[^}]*source="in"[^}]*\} [2-9]/m);
  expect(values(log)).toEqual([]);
});
