import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { run, type Patience } from "@weir/ingest";
import { createLogger, loadPipeline, systemClock, type RunningService } from "@weir/service";
import { createMemoryLog, type Log, type MemoryLog } from "@weir/stream";

export interface DoorOptions {
  /** What stands in the ingest stage. */
  readonly doors?: string;
  readonly record?: string;
  readonly partitions?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly patience?: Patience;
  /** Another log than one in memory. */
  readonly log?: Log;
  readonly slot?: string;
  /** Name of the pipeline. */
  readonly name?: string;
}

export interface RunningDoor extends AsyncDisposable {
  readonly url: string;
  readonly log: Log;
  readonly folder: string;
  readonly service: RunningService;
  send(path: string, body: string | Uint8Array, headers?: Readonly<Record<string, string>>): Promise<Sent>;
}

export interface Sent {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

const SCHEMA = { type: "object", properties: { id: { type: "string" }, n: { type: "number" } } };

/** The doors of a small pipeline `p`, over a log in memory. */
export async function openDoor(options: DoorOptions = {}): Promise<RunningDoor> {
  const folder = mkdtempSync(path.join(tmpdir(), "weir-door-"));
  const name = options.name ?? "p";
  writePipeline(folder, { ...options, name });
  const loaded = loadPipeline(folder, options.env ?? {});
  const log = options.log ?? createMemoryLog({ clock: systemClock });
  await log.createTopics(loaded.topology.topics);
  const service = await run(
    {
      loaded,
      connect: async () => shared(log),
      clock: systemClock,
      logger: createLogger({ level: "silent", service: "ingest" }),
      slot: options.slot ?? "test",
      listen: { host: "127.0.0.1", port: 0 },
      transactionTimeoutMs: 15_000,
    },
    options.patience,
  );
  while (service.notReady() !== null) await systemClock.sleep(5);
  return {
    url: service.url,
    log,
    folder,
    service,
    send: (where, body, headers = {}) => send(`${service.url}${where}`, body, { "content-type": "application/json", ...headers }),
    [Symbol.asyncDispose]: async () => {
      await service.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function writePipeline(folder: string, { name, doors = "http: {}", record = "id: /id, key: /id", partitions = 1 }: DoorOptions): void {
  writeFileSync(path.join(folder, "record.schema.json"), JSON.stringify(SCHEMA));
  writeFileSync(
    path.join(folder, "pipeline.yaml"),
    `apiVersion: weir/v1
kind: Pipeline
metadata: {name: ${name}, owner: group:g}
partitions: ${partitions}
record: {contract: record.schema.json, ${record}}
stages:
  ingest:
    type: ingest
    ${doors}
    out: {topic: ${name}.ingest.out}
`,
  );
}

/** The service closes its connections; the log outlives it. */
function shared(log: Log): Log {
  return { ...log, [Symbol.asyncDispose]: async () => {} };
}

export async function send(url: string, body: string | Uint8Array, headers: Readonly<Record<string, string>>): Promise<Sent> {
  const answer = await fetch(url, { method: "POST", body: typeof body === "string" ? body : Buffer.from(body), headers });
  const text = await answer.text();
  const json: unknown = text === "" ? {} : JSON.parse(text);
  return { status: answer.status, headers: answer.headers, text, json: typeof json === "object" && json !== null ? { ...json } : {} };
}

/** What the entry topic of `p` holds, as text. */
export function valuesIn(log: MemoryLog, topic = "p.ingest.out"): readonly (readonly string[])[] {
  return log.read(topic).map((records) => records.map(({ value }) => Buffer.from(value ?? []).toString()));
}
