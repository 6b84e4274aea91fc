import { spawnSync } from "node:child_process";
import { existsSync, statfsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startEmbedded } from "@weir/broker";
import { createKafkaLog } from "@weir/kafka";
import { createRandom, startRegistry, W1_AVRO_SCHEMAS } from "@weir/testkit";
import { ROOT } from "../e2e/command.ts";
import { openTopicAdmin } from "../e2e/faults/topic-admin.ts";
import { codeDigest } from "./code-digest.ts";
import { drain, type Drained, type DrainOptions } from "./drain.ts";
import { measureGrowth } from "./growth/main.ts";
import { createLoad, poolOf, SEED } from "./input.ts";
import { openRuns, type KeptRuns } from "./kept-runs.ts";
import { measureLatency } from "./latency/main.ts";
import { parseOptions, type BenchOptions, type Ours, type System } from "./options.ts";
import { createReference } from "./reference.ts";
import { jsonLine, methodOf, table } from "./report.ts";
import { keepResults } from "./results.ts";
import { WARM_UP } from "./warm-up.ts";
import { formOf, writePipeline } from "./workload.ts";
import { WORKLOADS } from "./workloads/workloads.ts";

// `npm run bench`: records a second and processor time per record of whole pipelines on a Kafka of their own.

/** What a run wrote is deleted when it was counted; a broker gives the room back after a minute. */
const RUNS_ON_DISK = 4;
/** Of a record, how often it is written, the entry topic included, and what comes with it in all of these places. */
interface Disk {
  readonly copies: number;
  readonly added: number;
}
const DISK: ReadonlyMap<System, Disk> = new Map<Ours, Disk>([
  ["weir-pass", { copies: 2, added: 120 }],
  ["weir-fused", { copies: 2, added: 320 }],
  ["weir-minimal", { copies: 2, added: 270 }],
  ["weir-stored", { copies: 2, added: 320 }],
  ["weir-at-least-once", { copies: 2, added: 320 }],
  ["weir-services", { copies: 4, added: 740 }],
  ["weir-services-stored", { copies: 4, added: 740 }],
]);
/** Of a peer; `kafkajs-services` writes a record three times, but few of them. */
const PEER_DISK: Disk = { copies: 2, added: 220 };

const note = (line: string): void => console.error(`  ${line}`);

async function main(): Promise<void> {
  if (!existsSync("/proc/self/stat")) throw new Error("the bench needs /proc, which only Linux has: run it there or in a container");
  const args = process.argv.slice(2);
  if (args.includes("--growth")) return measureGrowth(args);
  const options = parseOptions(args);
  const folder = await mkdtemp(path.join(tmpdir(), "weir-bench-"));
  try {
    assertRoom(folder, options);
    if (!options.json) console.log(methodOf(options.workload));
    const kept = options.out === null ? null : openRuns(options.out, { code: codeDigest(ROOT), again: options.again });
    const results = await measureAll(folder, options, kept);
    if (options.json) for (const runs of results) console.log(jsonLine(runs, options.workload));
    else console.log(table(results));
    if (options.out !== null) keepResults(options.out, results, options.workload);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What is kept of an earlier call is not measured again. */
async function measureAll(folder: string, options: BenchOptions, kept: KeptRuns | null): Promise<Drained[][]> {
  const all = turns(options);
  const prefix = options.workload === WORKLOADS[0] ? "" : `${options.workload.name} `; // runs of W1 are kept under the keys that they always had
  const keyOf = ({ system, run }: Turn): string =>
    `${prefix}${system} ${run} ${recordsFor(system, options)} ${options.killEveryMs ?? "alive"}`;
  const missing = all.filter((turn) => !kept?.runs.has(keyOf(turn)));
  if (kept !== null) note(`${all.length - missing.length} of ${all.length} runs are in ${kept.file} for these sources`);
  const measured = new Map<string, Drained>(kept?.runs);
  if (missing.length > 0)
    await measureEach(folder, options, missing, (turn, drained) => {
      kept?.add(keyOf(turn), drained);
      measured.set(keyOf(turn), drained);
    });
  const inOrder = all.toSorted((a, b) => a.run - b.run);
  return options.systems.map((system) => inOrder.flatMap((turn) => (turn.system === system ? measured.get(keyOf(turn))! : []))); // all are measured
}

type OnDrained = (turn: Turn, drained: Drained) => void;

async function measureEach(folder: string, options: BenchOptions, missing: readonly Turn[], onDrained: OnDrained): Promise<void> {
  const { workload, warmUpRecords } = options.workload;
  const broker = await startEmbedded({ dataDir: path.join(folder, "kafka"), port: 0, profile: "bench", note });
  try {
    await using log = await createKafkaLog({ brokers: [broker.address], clientId: "weir-bench" });
    await using registry = workload.format === "avro" ? await registryOfCards() : null;
    const load = createLoad(workload);
    const models = path.join(folder, "reference");
    writePipeline(models, workload, { name: "reference" });
    const reference = await createReference({
      models: path.join(models, "models"),
      seed: SEED,
      faultEvery: workload.faultEvery,
      pool: poolOf(workload).records,
      form: formOf(workload),
    });
    await using admin = await openTopicAdmin(broker.address);
    const discard = async (topics: readonly string[]): Promise<void> => {
      for (const topic of topics) await admin.deleteTopic(topic);
    };
    const filled = new Set<string>();
    const measure = async (
      system: System,
      run: string,
      given: Pick<DrainOptions, "records" | "commitMs" | "killEveryMs">,
    ): Promise<Drained> => {
      const { records } = given;
      const entryTopic = `bench.in.${records}`;
      if (!filled.has(entryTopic)) {
        note(`writing ${records.toLocaleString("en")} records`);
        await load.fill(log, entryTopic, records);
        filled.add(entryTopic);
      }
      note(`${system}, ${run}`);
      const name = `${system}.${run}`.replaceAll(/[^a-z0-9]/g, "");
      const drainOptions: DrainOptions = {
        ...given,
        system,
        name,
        entryTopic,
        folder: path.join(folder, name),
        address: broker.address,
        brokerPids: broker.pids,
        model: path.join(models, "models/fraud/1/model.onnx"),
        note,
        reference,
        workload,
        registry: registry?.url ?? null,
        discard,
      };
      return drain(log, drainOptions);
    };
    for (const [i, { system, commitMs }] of WARM_UP.entries())
      await measure(system, `warm-up ${i + 1}`, { records: warmUpRecords, commitMs, killEveryMs: null });
    for (const { system, run } of missing) {
      const records = recordsFor(system, options);
      onDrained({ system, run }, await measure(system, `run ${run}`, { records, commitMs: null, killEveryMs: options.killEveryMs }));
    }
  } finally {
    await broker.stop();
  }
}

/** A registry in this process; each of ours asks it three times in its life. */
async function registryOfCards(): ReturnType<typeof startRegistry> {
  const registry = await startRegistry();
  for (const [i, schema] of W1_AVRO_SCHEMAS.entries()) {
    const body = JSON.stringify({ schema: JSON.stringify(schema) });
    await fetch(`${registry.url}/subjects/writer-${i}/versions`, { method: "POST", body });
  }
  return registry;
}

interface Turn {
  readonly system: System;
  readonly run: number;
}

function recordsFor(system: System, { records }: BenchOptions): number {
  return records[system]!; // the options name no system that cannot do the workload
}

/** With several runs the systems take turns in changing order. */
function turns({ systems, runs }: BenchOptions): Turn[] {
  const random = createRandom(1);
  return Array.from({ length: runs }, (_, i) => {
    const order = systems.map((system) => ({ system, at: runs === 1 ? 0 : random() })).sort((a, b) => a.at - b.at);
    return order.map(({ system }) => ({ system, run: i + 1 }));
  }).flat();
}

function assertRoom(folder: string, options: BenchOptions): void {
  const { systems, workload } = options;
  const outputOf = (system: System): number => {
    const { copies, added } = DISK.get(system) ?? PEER_DISK;
    return recordsFor(system, options) * ((copies - 1) * workload.bytes + added);
  };
  const entries = [workload.warmUpRecords, ...new Set(systems.map((system) => recordsFor(system, options)))];
  const needed = workload.bytes * entries.reduce((sum, records) => sum + records, 0) + RUNS_ON_DISK * Math.max(...systems.map(outputOf));
  const { bavail, bsize } = statfsSync(folder);
  if (needed < bavail * bsize) return;
  const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  throw new Error(
    `${folder} has ${gib(bavail * bsize)} free, the bench needs ${gib(needed)}: set TMPDIR to a larger place, or take fewer --records or --runs`,
  );
}

/** What is measured is what people deploy: the built packages. */
function buildSources(): void {
  note("building the packages");
  const { status } = spawnSync("npm", ["run", "build", "--silent"], { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) throw new Error("the packages could not be built, see above");
}

try {
  buildSources();
  const args = process.argv.slice(2);
  await (args.includes("--latency") ? measureLatency(args) : main());
  process.exit(0);
} catch (error) {
  console.error(error);
  process.exit(1);
}
