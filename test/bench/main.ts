import { existsSync, statfsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startEmbedded } from "@weir/broker";
import { createKafkaLog } from "@weir/kafka";
import { createRandom, writeW1Pipeline } from "@weir/testkit";
import { drain, type Drained, type DrainOptions } from "./drain.ts";
import { measureGrowth } from "./growth/main.ts";
import { createLoad, FAULT_EVERY, PARTITIONS, POOL_RECORDS, SEED } from "./input.ts";
import { measureLatency } from "./latency/main.ts";
import { parseOptions, type BenchOptions, type Ours, type System } from "./options.ts";
import { createReference } from "./reference.ts";
import { jsonLine, METHOD, table } from "./report.ts";
import { keepResults } from "./results.ts";

// `npm run bench`: records a second and processor time per record of whole pipelines on a Kafka of their own.

/**
 * Thrown away. A young broker is busy with compiling itself: its compiler took a third of its time in the first run that wrote
 * headers, with only a run without them before it.
 */
const WARM_UP: readonly System[] = ["weir-pass", "weir-fused"];
const WARM_UP_RECORDS = 2_000_000;
/** Per record: in the entry topic and in all that a system writes. */
const DISK_BYTES: ReadonlyMap<System, number> = new Map<Ours, number>([
  ["weir-pass", 700],
  ["weir-fused", 900],
  ["weir-services", 1900],
]);
const PEER_DISK_BYTES = 800;

const note = (line: string): void => console.error(`  ${line}`);

async function main(): Promise<void> {
  if (!existsSync("/proc/self/stat")) throw new Error("the bench needs /proc, which only Linux has: run it there or in a container");
  const args = process.argv.slice(2);
  if (args.includes("--growth")) return measureGrowth(args);
  const options = parseOptions(args);
  const folder = await mkdtemp(path.join(tmpdir(), "weir-bench-"));
  try {
    assertRoom(folder, options);
    if (!options.json) console.log(METHOD);
    const results = await measureAll(folder, options);
    if (options.json) for (const runs of results) console.log(jsonLine(runs));
    else console.log(table(results));
    if (options.out !== null) keepResults(options.out, results);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureAll(folder: string, options: BenchOptions): Promise<Drained[][]> {
  const broker = await startEmbedded({ dataDir: path.join(folder, "kafka"), port: 0, profile: "bench", note });
  try {
    await using log = await createKafkaLog({ brokers: [broker.address], clientId: "weir-bench" });
    const load = createLoad();
    const models = path.join(folder, "reference");
    writeW1Pipeline(models, { name: "reference", partitions: PARTITIONS, windowRecords: null });
    const reference = await createReference({
      models: path.join(models, "models"),
      seed: SEED,
      faultEvery: FAULT_EVERY,
      pool: POOL_RECORDS,
    });
    const filled = new Set<string>();
    const measure = async (system: System, run: string, records: number): Promise<Drained> => {
      const entryTopic = `bench.in.${records}`;
      if (!filled.has(entryTopic)) {
        note(`writing ${records.toLocaleString("en")} records`);
        await load.fill(log, entryTopic, records);
        filled.add(entryTopic);
      }
      note(`${system}, ${run}`);
      const name = `${system}.${run}`.replaceAll(/[^a-z0-9]/g, "");
      const drainOptions: DrainOptions = {
        system,
        records,
        name,
        entryTopic,
        folder: path.join(folder, name),
        address: broker.address,
        brokerPids: broker.pids,
        model: path.join(models, "models/fraud/1/model.onnx"),
        commitMs: null,
        note,
        reference,
        killEveryMs: run === "warm-up" ? null : options.killEveryMs,
      };
      return drain(log, drainOptions);
    };
    for (const system of WARM_UP) await measure(system, "warm-up", WARM_UP_RECORDS);
    const results = new Map<System, Drained[]>(options.systems.map((system) => [system, []]));
    for (const { system, run } of turns(options)) results.get(system)?.push(await measure(system, `run ${run}`, options.records[system]));
    return [...results.values()];
  } finally {
    await broker.stop();
  }
}

/** With several runs the systems take turns in changing order. */
function turns({ systems, runs }: BenchOptions): { system: System; run: number }[] {
  const random = createRandom(1);
  return Array.from({ length: runs }, (_, i) => {
    const order = systems.map((system) => ({ system, at: runs === 1 ? 0 : random() })).sort((a, b) => a.at - b.at);
    return order.map(({ system }) => ({ system, run: i + 1 }));
  }).flat();
}

function assertRoom(folder: string, { systems, runs, records }: BenchOptions): void {
  const needed = systems.reduce(
    (sum, system) => sum + runs * records[system] * (DISK_BYTES.get(system) ?? PEER_DISK_BYTES),
    (1 + WARM_UP.length) * WARM_UP_RECORDS * PEER_DISK_BYTES,
  );
  const { bavail, bsize } = statfsSync(folder);
  if (needed < bavail * bsize) return;
  const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  throw new Error(
    `${folder} has ${gib(bavail * bsize)} free, the bench needs ${gib(needed)}: set TMPDIR to a larger place, or take fewer --records or --runs`,
  );
}

try {
  const args = process.argv.slice(2);
  await (args.includes("--latency") ? measureLatency(args) : main());
  process.exit(0);
} catch (error) {
  console.error(error);
  process.exit(1);
}
