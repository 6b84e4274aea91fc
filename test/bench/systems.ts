import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { loadPipeline } from "@weir/service";
import type { Log, TopicSpec } from "@weir/stream";
import { writeW1Pipeline } from "@weir/testkit";
import { endTopics } from "../e2e/ends.ts";
import { serviceIn, type FleetProcess } from "../e2e/fleet.ts";
import { PARTITIONS } from "./input.ts";
import type { System } from "./options.ts";

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
}

/** One process, and the other processor for the broker: a second one added a tenth to the rate and a fifth to the time of every record. */
const WORKERS = [0];

/** Makes topics and files of a run; nothing is started yet. */
export async function prepare(system: System, log: Log, options: SetupOptions): Promise<Setup> {
  mkdirSync(options.folder, { recursive: true });
  return system === "weir-pass" ? preparePass(log, options) : preparePipeline(system, log, options);
}

async function preparePass(log: Log, { name, entryTopic, folder }: SetupOptions): Promise<Setup> {
  await log.createTopics(
    [`${name}.out`, `${name}.executions`, `${name}.verdicts`].map((topic): TopicSpec => ({ name: topic, partitions: PARTITIONS })),
  );
  const processes = WORKERS.map((n) => ({ slot: `pass-${n}`, script: "test/bench/pass.ts", args: [entryTopic, name], hop: 0 }));
  return { pipeline: folder, processes, hops: [[`${name}.out`]] };
}

async function preparePipeline(system: System, log: Log, { name, entryTopic, folder, address }: SetupOptions): Promise<Setup> {
  writeW1Pipeline(folder, { name, partitions: PARTITIONS, windowRecords: null });
  const file = path.join(folder, "pipeline.yaml");
  writeFileSync(
    file,
    readFileSync(file, "utf8").replace("{type: ingest, out: gate}", `{type: ingest, out: {stage: gate, topic: ${entryTopic}}}`),
  );
  const { topology } = loadPipeline(folder, {});
  if (topology.entryTopic !== entryTopic) throw new Error(`the pipeline reads ${topology.entryTopic}, not ${entryTopic}`);
  await log.createTopics(topology.topics);
  const ends = endTopics(topology);
  if (system === "weir-fused") return { pipeline: folder, processes: fusedProcesses(folder, address), hops: [ends] };
  const processes = [
    { ...serviceIn("ingest", "ingest-0"), hop: null },
    { ...serviceIn("gate", "gate-0"), hop: 0 },
    { ...serviceIn("inference", "inference-0"), hop: 1 },
    { ...serviceIn("router", "router-0"), hop: 2 },
    { ...serviceIn("monitor", "monitor-0"), hop: null },
  ];
  return { pipeline: folder, processes, hops: [[`${name}.gate.pass`], [`${name}.score.out`], ends] };
}

function fusedProcesses(folder: string, address: string): MeasuredProcess[] {
  const args = ["run", "gate", "inference", "router", "--fused", "--pipeline", folder, "--broker", address, "--port", "0"];
  return WORKERS.map((n) => ({ slot: `fused-${n}`, script: "packages/cli/src/main.ts", args, hop: 0 }));
}
