import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { consoleConsumer, consoleTool } from "@weir/broker";
import { loadPipeline } from "@weir/service";
import { expect, inject, test } from "vitest";
import { createProgram } from "./program.ts";
import { Exit } from "./program/shell.ts";
import { reportError } from "./output.ts";
import { SERVICES, startServices } from "./up/services.ts";

const FLIGHTS = fileURLToPath(new URL("../../../deploy/pipelines/flights", import.meta.url));
const address = inject("kafka");
const HEADERS = "traceparent:00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01,tracestate:congo=t61rcWkgMzE,twice:1,twice:2";

/** The pipeline of the flights under a name of its own, so that its topics are its own. */
function ownPipeline(): { readonly name: string; readonly folder: string } {
  const name = `flights${Date.now().toString(36)}`;
  const folder = path.join(mkdtempSync(path.join(tmpdir(), "weir-cli-")), name);
  cpSync(FLIGHTS, folder, { recursive: true });
  const file = path.join(folder, "pipeline.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replaceAll(/\bflights\b/g, name));
  return { name, folder };
}

const { name, folder } = ownPipeline();
const at = ["--pipeline", folder, "--broker", address];

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command as `main.ts` runs it, in this process. */
async function weir(args: readonly string[]): Promise<Ran> {
  const [data, notes]: [string[], string[]] = [[], []];
  const output = { data: (line: string) => void data.push(line), note: (line: string) => void notes.push(line) };
  const ran = (code: number): Ran => ({ code, stdout: data.join("\n"), stderr: notes.join("\n") });
  try {
    await createProgram({}, output).parseAsync(["node", "weir", ...args]);
    return ran(0);
  } catch (error) {
    return ran(error instanceof Exit ? error.code : reportError(error, output));
  }
}

/** What a command wrote to standard output, a JSON value a line; it must have succeeded. */
async function json<T>(...args: string[]): Promise<T[]> {
  const ran = await weir(args);
  expect(ran.code, ran.stderr).toBe(0);
  return ran.stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as T]));
}

/** Headers and values of a topic's committed records by their place, as Kafka's own console consumer prints them. */
async function witness(topic: string, records: number): Promise<ReadonlyMap<string, { readonly headers: string; readonly value: string }>> {
  const formatter = { "print.partition": "true", "print.offset": "true", "print.headers": "true" };
  const seen = new Map<string, { headers: string; value: string }>();
  for await (const line of consoleConsumer({
    address,
    topic,
    isolation: "read_committed",
    timeoutMs: 60_000,
    maxRecords: records,
    formatter,
  })) {
    const [partition = "", offset = "", headers = "", value = ""] = line.split("\t");
    seen.set(`${topic}/${partition.replace("Partition:", "")}/${offset.replace("Offset:", "")}`, { headers, value });
  }
  return seen;
}

interface Hop {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly stage: string | null;
  readonly port: string | null;
}

interface Status {
  readonly balanced: boolean;
  readonly stages: readonly {
    readonly id: string;
    readonly in: number;
    readonly held: number;
    readonly ports: Readonly<Record<string, number>>;
  }[];
}

test("topics are planned and made; records are followed by their ids, filtered, reported; trace context arrives everywhere", async () => {
  // plan and apply
  const [plan] = await json<{ changes: { topic: string; what: string; effect: string }[]; topics: number }>(
    "plan",
    folder,
    "--broker",
    address,
    "--json",
  );
  // The two that all pipelines share may be there from another test.
  const its = loadPipeline(folder, {}).topology.topics.flatMap((topic) => (topic.name.startsWith(name) ? topic.name : []));
  expect(plan?.changes.map((c) => c.topic)).toEqual(expect.arrayContaining(its));
  expect(plan?.topics).toBe(its.length + 2);
  expect(new Set(plan?.changes.map((c) => `${c.what} ${c.effect}`))).toEqual(new Set(["create safe"]));
  expect((await weir(["plan", folder, "--broker", address, "--check"])).code).toBe(5);
  expect((await weir(["up", folder, "--broker", address, "--port", "0"])).stderr).toContain("weir apply");
  expect((await weir(["apply", folder, "--broker", address])).code).toBe(0);
  const again = await weir(["plan", folder, "--broker", address, "--check"]);
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining("nothing to do") });
  const listed = await consoleTool("org.apache.kafka.tools.TopicCommand", ["--bootstrap-server", address, "--describe"]);
  for (const topic of ["gate.pass", "dlq", "executions", "control"])
    expect(listed).toMatch(new RegExp(`Topic: ${name}\\.${topic}\\t.*PartitionCount: 4`));

  // two days, and two records of a foreign producer that carries a trace
  const running = await startServices({
    loaded: loadPipeline(folder, {}),
    connection: { brokers: [address], security: () => ({}) },
    names: SERVICES,
    fused: false,
    host: "127.0.0.1",
    port: 0,
    slotOf: (service) => `${name}-${service}`,
    transactionTimeoutMs: 10_000,
    logLevel: "silent",
  });
  const day = gunzipSync(readFileSync(path.join(folder, "data/corrupt/2013-02-05-distance-as-text.ndjson.gz")))
    .toString()
    .trimEnd()
    .split("\n");
  const good = day.find((line) => !line.includes('"distance":"') && !line.includes('"dep_delay":null')) ?? "";
  const bad = day.find((line) => line.includes('"distance":"')) ?? "";
  const own = (line: string, id: string): string => line.replace(/"id":"[^"]*"/, `"id":"${id}"`);
  const traced = (line: string): string => `${HEADERS}\tEWR\t${line}\n`;
  await consoleTool(
    "org.apache.kafka.tools.ConsoleProducer",
    [
      "--bootstrap-server",
      address,
      "--topic",
      `${name}.ingest.out`,
      ...["parse.headers=true", "parse.key=true"].flatMap((p) => ["--reader-property", p]),
    ],
    traced(own(good, "2013-02-05-EWR-ZZ-1")) + traced(own(bad, "2013-02-05-EWR-ZZ-2")),
  );
  await json("produce", ...at, "-f", path.join(folder, "data/corrupt/2013-02-05-distance-as-text.ndjson.gz"), "--json");
  await json("produce", ...at, "-f", path.join(folder, "data/corrupt/2013-02-07-dep_delay-null-spike.ndjson.gz"), "--end", "--json");
  await expect
    .poll(async () => (await json<Status>("status", ...at, "--json"))[0]?.stages.map((s) => s.in), { timeout: 40_000, interval: 1000 })
    .toEqual([1830, 357, 357]);
  const [status] = await json<Status>("status", ...at, "--json");
  expect(status?.balanced).toBe(true);

  // trail, with Kafka's own consumer as the witness of every place it names
  const counts = new Map([[`${name}.ingest.out`, 1830]]);
  for (const { id, ports } of status?.stages ?? []) {
    for (const [port, count] of Object.entries(ports)) {
      const topic = port === "dlq" ? `${name}.dlq` : `${name}.${id}.${port}`;
      counts.set(topic, (counts.get(topic) ?? 0) + count);
    }
  }
  const trailOf = (id: string): Promise<(Hop & Record<string, unknown>)[]> => json("trail", id, ...at, "--json");
  const scored = await trailOf("2013-02-05-EWR-ZZ-1");
  expect(scored.map((h) => h.stage && `${h.stage}.${h.port === "pass" || h.port === "out" ? h.port : "…"}`)).toEqual([
    null,
    "gate.pass",
    "score.out",
    "route.…",
  ]);
  expect(scored[1]).toMatchObject({
    window: "gate/time/2013-02-05T05:00Z",
    verdict: { verdict: "pass" },
    execution: { spec: expect.any(String) },
  });
  expect(scored[2]).toMatchObject({
    model: expect.stringMatching(/^late-arrival\/1#/),
    execution: { model: expect.stringMatching(/^late-arrival\/1#/) },
  });
  expect(scored[3]).toMatchObject({ branch: expect.stringMatching(/^(auto|review|manual)\//) });
  const refused = await trailOf("2013-02-05-EWR-ZZ-2");
  expect(refused.map((h) => h.topic)).toEqual([`${name}.ingest.out`, `${name}.dlq`]);
  expect(refused[1]).toMatchObject({ stage: "gate", port: "dlq", failure: { class: "CONTRACT" } });
  const hops = [...scored, ...refused];
  const passed = [...new Set(hops.map((hop) => hop.topic))];
  const places = new Map((await Promise.all(passed.map((topic) => witness(topic, counts.get(topic) ?? 0)))).flatMap((seen) => [...seen]));
  for (const hop of hops) {
    const headers = places.get(`${hop.topic}/${hop.partition}/${hop.offset}`)?.headers;
    expect(headers?.startsWith(HEADERS), headers).toBe(true);
    if (hop.stage !== null) expect(headers).toMatch(/,weir\.id:2013-02-05-EWR-ZZ-[12](,|$)/);
  }
  const [stoppedId = ""] = (await weir(["tail", "gate.quarantine", ...at, "-o", "beginning", "-n", "1", "--format", "id"])).stdout
    .split("\n")
    .slice(0, 1);
  const stopped = await trailOf(stoppedId);
  expect(stopped.at(-1)).toMatchObject({ stage: "gate", port: "quarantine" });
  const unknown = await weir(["trail", "nobody", ...at]);
  expect(unknown).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("WEIR-6022") });
  expect((await weir(["trail", "2013-02-05-EWR-ZZ-2", ...at])).stdout).toContain("CONTRACT: ");

  // tail with a filter counts what the console consumer and JSON.parse count
  const values = [...places]
    .filter(([place]) => place.startsWith(`${name}.score.out/`))
    .map(([, { value }]) => JSON.parse(value) as { id: string; prediction: { confidence: number } });
  const unsure = values.filter((v) => v.prediction.confidence < 0.6).map((v) => v.id);
  const filtered = await weir([
    "tail",
    "score.out",
    ...at,
    "-o",
    "beginning",
    "-e",
    "--filter",
    "prediction.confidence < 0.6",
    "--format",
    "id",
  ]);
  expect(new Set(filtered.stdout.trim().split("\n"))).toEqual(new Set(unsure)); // partitions come in any order
  expect(unsure.length).toBeGreaterThan(0);

  // the gate's report
  const [report] = await json<{ stage: string; windows: { id: string; quarantined: boolean }[]; rules: { rule: string }[] }>(
    "gate",
    "report",
    ...at,
    "--json",
  );
  expect(report?.windows.map((w) => [w.id, w.quarantined])).toEqual([
    ["gate/time/2013-02-05T05:00Z", false],
    ["gate/time/2013-02-07T05:00Z", true],
  ]);
  const text = (await weir(["gate", "report", ...at])).stdout;
  expect(text).toContain("gate gate: 2 windows judged, 1 stopped");
  expect(text).toMatch(/dep-delay-nulls +nullRate +1 +1 /);

  await running.stop();
}, 240_000);
