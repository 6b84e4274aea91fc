import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Topology } from "@weir/pipeline";
import { loadPipeline } from "@weir/service";
import type { Log, TopicSpec } from "@weir/stream";
import type { RecordForm } from "@weir/testkit";
import { endTopics } from "../e2e/ends.ts";
import { serviceIn, type FleetProcess } from "../e2e/fleet.ts";
import { untilAnswered } from "../e2e/until-answered.ts";
import { endInput } from "../e2e/w1-input.ts";
import type { Ours, System } from "./options.ts";
import { buildPeer, type Peer } from "./peers.ts";
import { REFUSED } from "./reference.ts";
import { formOf, W1, writePipeline, type Workload } from "./workload.ts";

/** Processes that are measured, and where what they write can be seen. */
export interface Setup {
  /** Folder of the pipeline, or what stands for it. */
  readonly pipeline: string;
  readonly processes: readonly MeasuredProcess[];
  /** What one record is written to, hop after hop; the last are the ends. */
  readonly hops: readonly (readonly string[])[];
}

export interface MeasuredProcess extends FleetProcess {
  /** Index of the hop whose records it writes; null: of no hop alone. */
  readonly hop: number | null;
}

export interface SetupOptions {
  /** Names the pipeline, its groups and topics: once for every run. */
  readonly name: string;
  readonly entryTopic: string;
  readonly folder: string;
  readonly address: string;
  /** The model's file, for systems that are not ours. */
  readonly model: string;
  /** How often it commits, milliseconds; null: as it does where the most records a second are wanted. */
  readonly commitMs: number | null;
  readonly note: (line: string) => void;
  /** URL of the registry that knows the schemas of Avro; null: none is needed. */
  readonly registry?: string | null;
  /** Absent: card transactions. */
  readonly workload?: Workload;
}

/**
 * Long enough for a run and for reading it back; then a run's output makes room for the next. Records bear the time at which
 * they were appended: Kafka Streams and Quix would keep that of their input, and a rate is taken from the output's times.
 */
export const KEPT: Readonly<Record<string, string>> = {
  "retention.ms": "400000",
  "segment.bytes": String(64 << 20),
  "message.timestamp.type": "LogAppendTime",
};

const short = (topic: TopicSpec): TopicSpec =>
  topic.configs?.["cleanup.policy"] === "compact" ? topic : { ...topic, configs: { ...topic.configs, ...KEPT } };

/** Makes topics and files of a run; nothing is started yet. */
export async function prepare(system: System, log: Log, options: SetupOptions): Promise<Setup> {
  mkdirSync(options.folder, { recursive: true });
  const setup = withRegistry(await prepareAnywhere(system, log, options), options.registry ?? null);
  if (options.workload?.isOnOneCore !== true || !hasTaskset(options.note)) return setup;
  return { ...setup, processes: setup.processes.map((process) => ({ ...process, core: 0 })) };
}

function withRegistry(setup: Setup, url: string | null): Setup {
  if (url === null) return setup;
  const env = { WEIR_SCHEMA_REGISTRY: url };
  return { ...setup, processes: setup.processes.map((process) => ({ ...process, env: { ...process.env, ...env } })) };
}

function hasTaskset(note: (line: string) => void): boolean {
  const isThere = spawnSync("taskset", ["--version"]).error === undefined;
  if (!isThere) note("there is no taskset: the processes run on all processors");
  return isThere;
}

function prepareAnywhere(system: System, log: Log, options: SetupOptions): Promise<Setup> {
  if (system === "weir-pass") return preparePass(log, options);
  return isOurs(system) ? preparePipeline(system, log, options) : preparePeer(system, log, options);
}

const isOurs = (system: System): system is Ours => system.startsWith("weir-");

/** Where a record of a topic ended, in one word for all systems. */
export function branchOf(topic: string): string {
  const end = path.extname(topic).slice(1);
  return end === "quarantine" || end === "dlq" ? REFUSED : end;
}

const PEER_BRANCHES = ["auto", "review", "manual", REFUSED];

async function preparePeer(
  peer: Peer,
  log: Log,
  { name, entryTopic, folder, address, model, commitMs, note, workload = W1 }: SetupOptions,
): Promise<Setup> {
  const built = await buildPeer(peer, note);
  const hops = built.map(({ next }) => (next === null ? PEER_BRANCHES : [next]).map((end) => `${name}.${end}`));
  await log.createTopics(hops.flat().map((topic) => short({ name: topic, partitions: workload.partitions })));
  const commit = commitMs === null ? {} : { BENCH_COMMIT_MS: String(commitMs) };
  const fields = workload.plain === null ? {} : { BENCH_FIELDS: peerFields(formOf(workload)) };
  const env = {
    BENCH_BROKER: address,
    BENCH_INPUT: entryTopic,
    BENCH_PREFIX: name,
    BENCH_MODEL: model,
    ...commit,
    ...fields,
    ...(workload.format && { BENCH_FORMAT: workload.format }),
  };
  const processes = built.map((process, hop) => ({
    slot: process.name,
    script: peer,
    command: process.file,
    args: process.args,
    env,
    hop,
  }));
  return { pipeline: folder, processes, hops };
}

/** The fields of plain records, as the peers in Java are told of them. */
function peerFields({ features, array }: RecordForm): string {
  const numbers = array === null ? features.map(([name, low, high]) => `${name} n ${low} ${high}`) : [`${array} a ${features.length}`];
  return ["transaction_id t 1 40", "card_id t 0 1048576", ...numbers].join(",");
}

async function preparePass(log: Log, { name, entryTopic, folder, commitMs, workload = W1 }: SetupOptions): Promise<Setup> {
  await log.createTopics(
    [`${name}.out`, `${name}.executions`, `${name}.verdicts`].map((topic) => short({ name: topic, partitions: workload.partitions })),
  );
  const args = [entryTopic, name, ...(commitMs === null ? [] : [String(commitMs)])];
  const processes = slots(workload).map((n) => ({ slot: `pass-${n}`, script: "test/bench/pass.ts", args, hop: 0 }));
  return { pipeline: folder, processes, hops: [[`${name}.out`]] };
}

async function preparePipeline(system: Ours, log: Log, options: SetupOptions): Promise<Setup> {
  const { name, entryTopic, folder, commitMs, workload = W1 } = options;
  writePipeline(folder, workload, {
    name,
    minimalHeaders: system === "weir-minimal",
    guarantee: system === "weir-at-least-once" ? "at-least-once" : "exactly-once",
    ...((system === "weir-stored" || system === "weir-services-stored") && { compression: "lz4-stored" as const }),
    ...(commitMs !== null && { commitEveryMs: commitMs }),
  });
  const file = path.join(folder, "pipeline.yaml");
  writeFileSync(
    file,
    readFileSync(file, "utf8").replace("{type: ingest, out: gate}", `{type: ingest, out: {stage: gate, topic: ${entryTopic}}}`),
  );
  const { topology } = loadPipeline(folder, {});
  if (topology.entryTopic !== entryTopic) throw new Error(`the pipeline reads ${topology.entryTopic}, not ${entryTopic}`);
  // Hundreds of partitions made at once may be without leaders for longer than one call waits.
  await untilAnswered(() => log.createTopics(topology.topics.map(short)));
  if (workload.windowRecords !== null) await endWindows(log, topology);
  const ends = endTopics(topology);
  if (system !== "weir-services" && system !== "weir-services-stored")
    return { pipeline: folder, processes: fusedProcesses(options), hops: [ends] };
  const processes = [
    { ...serviceIn("ingest", "ingest-0"), hop: null },
    { ...serviceIn("gate", "gate-0"), hop: 0 },
    { ...serviceIn("inference", "inference-0"), hop: 1 },
    { ...serviceIn("router", "router-0"), hop: 2 },
    { ...serviceIn("monitor", "monitor-0"), hop: null },
  ];
  return { pipeline: folder, processes, hops: [[`${name}.gate.pass`], [`${name}.score.out`], ends] };
}

/** The last window of a partition is judged, too: the input has an end. */
async function endWindows(log: Log, topology: Topology): Promise<void> {
  await using producer = await log.producer({ transactionalId: `end-${topology.entryTopic}` });
  await endInput(log, producer, topology);
}

function slots({ processes }: Workload): number[] {
  return Array.from({ length: processes }, (_, n) => n);
}

function fusedProcesses({ folder, address, workload = W1 }: SetupOptions): MeasuredProcess[] {
  const args = ["run", "gate", "inference", "router", "--fused", "--pipeline", folder, "--broker", address, "--port", "0"];
  return slots(workload).map((n) => ({ slot: `fused-${n}`, script: "packages/cli/src/main.ts", args, hop: 0 }));
}
