import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { createKafkaLog } from "@weir/kafka";
import { batchOf, laneKey } from "@weir/record";
import { loadPipeline, type LoadedPipeline } from "@weir/service";
import type { Log } from "@weir/stream";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { createProgram } from "../program.ts";
import type { BacktestResult } from "./backtest.ts";
import { judgePast } from "./judge-past.ts";
import type { WindowReport } from "./report.ts";

const FLIGHTS = fileURLToPath(new URL("../../../../deploy/pipelines/flights", import.meta.url));
const NAME = `tools-${process.pid}`;
const folder = mkdtempSync(path.join(tmpdir(), "weir-gate-"));

let log: Log;
let loaded: LoadedPipeline;

/** Two days of flights in the gate's input topic, and the verdicts that a gate made of them, as the pipeline leaves them. */
beforeAll(async () => {
  cpSync(FLIGHTS, folder, { recursive: true, filter: (source) => !source.includes(`${path.sep}data`) });
  const file = path.join(folder, "pipeline.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace("name: flights", `name: ${NAME}`).replaceAll("flights.gate", `${NAME}.gate`));
  loaded = loadPipeline(folder, {});
  log = await createKafkaLog({ brokers: [inject("kafka")], clientId: "weir-test" });
  const topics = [
    loaded.topology.entryTopic,
    loaded.topology.verdicts,
    loaded.topology.dlq,
    `${NAME}.gate.quarantine`,
    `${NAME}.gate.pass`,
  ];
  await log.createTopics(topics.map((name) => ({ name, partitions: 1 })));
  const lines = gunzipSync(readFileSync(`${FLIGHTS}/data/sample.ndjson.gz`))
    .toString()
    .split("\n");
  const values = lines.filter((line) => /"id": ?"2013-02-0[78]/.test(line)).map((line) => ({ value: new TextEncoder().encode(line) }));
  const entry = { topic: loaded.topology.entryTopic, partition: 0 };
  const records = batchOf(
    entry,
    values.map((record, offset) => ({ ...record, offset })),
  );
  const gate = loaded.pipeline.stages.get("gate");
  if (gate?.type !== "gate") throw new Error("no gate");
  const { rules, window = null } = gate;
  const [judged] = await judgePast(
    loaded,
    [{ id: "gate", rules, window, baselines: loaded.baselines }],
    (async function* () {
      yield records;
    })(),
  );
  const text = (content: unknown): { value: Uint8Array } => ({ value: new TextEncoder().encode(JSON.stringify(content)) });
  await using producer = await log.producer({ transactionalId: `${NAME}-producer`, rotate: 1 });
  const transaction = producer.begin();
  transaction.write(entry, records);
  const verdicts = { topic: loaded.topology.verdicts, partition: 0 };
  transaction.write(
    verdicts,
    batchOf(
      verdicts,
      judged!.verdicts.map((told) => text({ v: 1, ...told })),
    ),
  );
  await transaction.commit(null);
}, 60_000);
afterAll(async () => {
  await log[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

async function weir(...args: string[]): Promise<string[]> {
  const data: string[] = [];
  const output = { data: (line: string) => void data.push(line), note: () => {} };
  await createProgram({}, output).parseAsync([...args, "--pipeline", folder, "--broker", inject("kafka")], { from: "user" });
  return data;
}

/** Ends of all topics of the pipeline, and what its gate's group has committed. */
async function everything(): Promise<unknown> {
  const topics = [loaded.topology.entryTopic, ...loaded.topology.topics.map((topic) => topic.name)];
  const there = await log.partitions(topics);
  const lanes = [...there].flatMap(([topic, partitions]) => Array.from({ length: partitions }, (_, partition) => ({ topic, partition })));
  const bounds = await log.bounds(lanes);
  const committed = await log.committed(`${NAME}.gate`, [{ topic: loaded.topology.entryTopic, partition: 0 }], null);
  return { ends: lanes.map((lane) => [laneKey(lane), bounds.get(laneKey(lane))?.end]), committed: [...committed] };
}

describe("past records of a topic", () => {
  it("explain a verdict, with examples by offset", async () => {
    const lines = await weir("gate", "explain", "2013-02-08");
    expect(lines[0]).toContain("gate/time/2013-02-08T05:00Z/0: breach, quarantined (930 records");
    expect(lines.filter((line) => line.startsWith("for example dep-delay-nulls: partition 0, offset "))).toHaveLength(3);
  });
  it("fill a report", async () => {
    const page = path.join(folder, "report.html");
    const report: WindowReport = JSON.parse((await weir("gate", "report", "2013-02-08", "--json", "--out", page)).join(""));
    expect(report.columns).toHaveLength(13);
    expect(report.columns[0]!.cells.at(-1)).toMatchObject({ cell: "null", count: 472 });
    expect(report.notes).toEqual([]);
    expect(readFileSync(page, "utf8").length).toBeLessThan(300_000);
  });
  it("try other rules without moving an offset or writing a record", async () => {
    const rules = path.join(folder, "candidate.yaml");
    writeFileSync(rules, "rules:\n  - { id: dep-delay-nulls, kind: nullRate, field: /dep_delay, max: 55% }\n");
    const before = await everything();
    const result: BacktestResult = JSON.parse((await weir("backtest", "--rules", rules, "--json")).join(""));
    expect(result.changed.map(({ window, now, candidate }) => [window, now, candidate])).toEqual([
      ["gate/time/2013-02-08T05:00Z/0", "breach, quarantined", "pass"],
    ]);
    expect(result.records).toBe(932 + 930);
    const first: BacktestResult = JSON.parse((await weir("backtest", "--rules", rules, "--json", "--from", "100", "--to", "600")).join(""));
    expect(first.records).toBe(500);
    expect(await everything()).toEqual(before);
  });
  it("teach a baseline", async () => {
    const learned: { baseline: { records: number } } = JSON.parse(
      (await weir("gate", "learn", "--json", "--fields", "/distance")).join(""),
    );
    expect(learned.baseline.records).toBe(932 + 930);
  });
});
