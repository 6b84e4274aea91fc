import { appendFileSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { systemClock } from "@weir/service";
import { createMemoryLog, type MemoryLog } from "@weir/stream";
import { expect, test } from "vitest";
import { openDoor, valuesIn, type RunningDoor } from "./door.ts";

const FILES = "files: {in: {from: {folder: inbox}, match: '*.*', every: 20ms, settle: 100ms}}";
/** A last line without its end counts once the file has not been written for a while; until then the files after it go on. */
const SETTLED = new Date(1_700_000_000_000);
const WAIT = { timeout: 60_000, interval: 20 };

async function withInbox(log: MemoryLog, files: Readonly<Record<string, string | Uint8Array>>, inbox: string): Promise<RunningDoor> {
  mkdirSync(inbox, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(inbox, name);
    writeFileSync(file, content);
    utimesSync(file, SETTLED, SETTLED);
  }
  return openDoor({ log, doors: FILES.replace("inbox", inbox) });
}

const newLog = (): MemoryLog => createMemoryLog({ clock: systemClock });
const inboxOf = (name: string): string => path.join(process.env["TMPDIR"] ?? "/tmp", `weir-inbox-${name}-${process.pid}-${Date.now()}`);
const values = (log: MemoryLog): readonly string[] => valuesIn(log).flat();

test("every line of a folder's files comes once, byte for byte, in the order of names; growing files are read on", async () => {
  const log = newLog();
  const inbox = inboxOf("grow");
  const files = {
    "b.ndjson": '{"id":"b1"}\n{"id": "b2"}',
    "a.ndjson.gz": gzipSync('{"id":"a1"}\r\n\n{"id":"a2"}\n'),
    "c.ndjson": '{"id":"c1"}\n{"id":',
  };
  await using door = await withInbox(log, files, inbox);
  await expect.poll(() => values(log), WAIT).toEqual(['{"id":"a1"}', '{"id":"a2"}', '{"id":"b1"}', '{"id": "b2"}', '{"id":"c1"}']);
  appendFileSync(path.join(inbox, "b.ndjson"), '\n{"id":"b3"}\n{"id":"b4"}');
  await expect.poll(() => values(log).slice(5), WAIT).toEqual(['{"id":"b3"}', '{"id":"b4"}']);
  expect(door.service.notReady()).toBeNull();
});

test("another process goes on where the one before stopped", async () => {
  const log = newLog();
  const inbox = inboxOf("again");
  const lines = (from: number, to: number): string => Array.from({ length: to - from }, (_, i) => `{"id":"${from + i}"}\n`).join("");
  const first = await withInbox(log, { "a.ndjson": lines(0, 2500), "b.csv": "id,n\nx,1\n" }, inbox);
  await expect.poll(() => values(log).length, WAIT).toBe(2501);
  await first[Symbol.asyncDispose]();
  appendFileSync(path.join(inbox, "a.ndjson"), lines(2500, 2600));
  appendFileSync(path.join(inbox, "b.csv"), "y,2\n");
  await using _second = await withInbox(log, {}, inbox);
  await expect.poll(() => values(log).length, WAIT).toBe(2602);
  expect(new Set(values(log)).size).toBe(2602);
});

test("cells of a CSV are what the contract says of their columns", async () => {
  const log = newLog();
  const csv = '\ufeffid,n,note\r\n"a ""quoted""\nid",1.50,x\r\nb,,"1,2"\r\nc,many,\r\n';
  await using _door = await withInbox(log, { "a.csv": csv, "b.csv.gz": gzipSync("id,n\nz,7\n") }, inboxOf("csv"));
  await expect
    .poll(() => values(log), WAIT)
    .toEqual([
      '{"id":"a \\"quoted\\"\\nid","n":1.50,"note":"x"}',
      '{"id":"b","note":"1,2"}',
      '{"id":"c","n":"many","note":""}',
      '{"id":"z","n":7}',
    ]);
});

test("a line that is no record is passed over and counted; a file that is replaced is read from its beginning", async () => {
  const log = newLog();
  const inbox = inboxOf("bad");
  await using door = await withInbox(log, { "a.ndjson": '{"id":"1"}\nnonsense\n{"id":"2"}\n' }, inbox);
  await expect.poll(() => values(log), WAIT).toEqual(['{"id":"1"}', '{"id":"2"}']);
  writeFileSync(path.join(inbox, "a.ndjson"), '{"id":"new"}\n');
  await expect.poll(() => values(log).slice(2), WAIT).toEqual(['{"id":"new"}']);
  const metrics = await (await fetch(`${door.url}/metrics`)).text();
  expect(metrics).toMatch(/weir_ingest_source_faults_total\{[^}]*source="in"[^}]*\} 2/);
  expect(metrics).toMatch(/weir_ingest_source_records_total\{[^}]*source="in"[^}]*\} 3/);
});

test("a server is asked on from the last cursor, every record comes once, also over a restart", async () => {
  const log = newLog();
  const all = Array.from({ length: 25 }, (_, n) => `{"id": "${n}"}`);
  const asked: string[] = [];
  let fails = 2;
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    if (fails-- > 0) return void response.writeHead(500).end();
    const at = Number(new URL(request.url ?? "", "http://a").searchParams.get("after") || 0);
    const page = all.slice(at, at + 10);
    response.end(`{"data":{"items":[${page.join(",")}]},"next":${at + page.length}}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const doors = `pull: {w: {url: "http://127.0.0.1:${port}/x?after={cursor}", records: /data/items, cursor: /next, every: 20ms}}`;
  try {
    {
      await using _door = await openDoor({ log, doors });
      await expect.poll(() => values(log), WAIT).toEqual(all);
    }
    all.push('{"id":"later"}');
    asked.length = 0;
    await using _door = await openDoor({ log, doors });
    await expect.poll(() => values(log), WAIT).toEqual(all);
    expect(asked[0]).toBe("/x?after=25");
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
