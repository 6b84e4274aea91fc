import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startEmbedded } from "@weir/broker";
import { createKafkaLog } from "@weir/kafka";
import { writeW1Pipeline } from "@weir/testkit";
import { FAULT_EVERY, PARTITIONS, POOL_RECORDS, SEED } from "../input.ts";
import { createReference } from "../reference.ts";
import { measure, type Place } from "./measure.ts";
import { parseLatencyOptions, type LatencyOptions } from "./options.ts";
import { nextStep, type Line, type Step } from "./plan.ts";
import { lineText, METHOD } from "./report.ts";
import { openResults } from "./results.ts";

// `npm run bench -- --latency`: how long records take through whole pipelines at rates that do not depend on the pipeline.

/** Thrown away: a young broker is busy with compiling itself. */
const WARM_UP: Step = { system: "weir-pass", rate: 20_000, commitMs: 10, seconds: 20, isTrial: true };

const note = (line: string): void => console.error(`  ${line}`);

export async function measureLatency(args: readonly string[]): Promise<void> {
  const options = parseLatencyOptions(args);
  const folder = await mkdtemp(path.join(tmpdir(), "weir-latency-"));
  try {
    console.log(METHOD);
    await measureAll(folder, options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureAll(folder: string, options: LatencyOptions): Promise<void> {
  const results = openResults(options.out, options);
  const first = nextStep(options, results.lines);
  if (first === null) return note(`all of it is in ${options.out} already`);
  const broker = await startEmbedded({ dataDir: path.join(folder, "kafka"), port: 0, profile: "bench", note });
  try {
    await using log = await createKafkaLog({ brokers: [broker.address], clientId: "weir-bench" });
    const models = path.join(folder, "reference");
    writeW1Pipeline(models, { name: "reference", partitions: PARTITIONS, windowRecords: null });
    const reference = await createReference({
      models: path.join(models, "models"),
      seed: SEED,
      faultEvery: FAULT_EVERY,
      pool: POOL_RECORDS,
    });
    const model = path.join(models, "models/fraud/1/model.onnx");
    const place: Place = {
      log,
      folder,
      logs: path.join(options.out, "logs"),
      address: broker.address,
      brokerPids: broker.pids,
      model,
      reference,
      note,
    };
    note("warming the broker up");
    await measure(WARM_UP, place);
    for (let step: Step | null = first; step !== null; step = nextStep(options, results.lines)) {
      const line = await lineOf(step, place);
      console.log(lineText(line));
      results.keep(line);
    }
  } finally {
    await broker.stop();
  }
}

/** A system that breaks at a setting is a result, too, and the others go on. */
async function lineOf(step: Step, place: Place): Promise<Line> {
  try {
    return { ...step, measured: await measure(step, place), failure: null };
  } catch (error) {
    return { ...step, measured: null, failure: error instanceof Error ? error.message : String(error) };
  }
}
