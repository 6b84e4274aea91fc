import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import type { StageType } from "@weir/pipeline";
import { buildStage as buildGate, run as runGate } from "@weir/gate";
import { buildStage as buildInference, run as runInference } from "@weir/inference";
import { partitionOf, type PlainRecord } from "@weir/record";
import { executePlan, makePlan, type PlanContext, type PlanRequest, type RunOptions } from "@weir/replay";
import type { ReplayPlan, RunStatus } from "@weir/deadletter";
import { buildStage as buildRouter, run as runRouter } from "@weir/router";
import { createLogger, loadPipeline, systemClock, type BuildStage, type LoadedPipeline, type RunningService } from "@weir/service";
import { createMemoryLog, writeEndNote, type Log, type MemoryLog } from "@weir/stream";

export const FLIGHTS: string = fileURLToPath(new URL("../../deploy/pipelines/flights", import.meta.url));

export const BUILDERS: ReadonlyMap<StageType, BuildStage> = new Map<StageType, BuildStage>([
  ["gate", buildGate],
  ["inference", buildInference],
  ["router", buildRouter],
]);

/** A pipeline that runs on a log in memory, with its three services, and what a person does with it. */
export interface World extends AsyncDisposable {
  readonly log: MemoryLog;
  /** The same for services, which close what they were given. */
  readonly shared: Log;
  readonly loaded: LoadedPipeline;
  /** Writes lines to the entry topic, keyed as the pipeline says, and says that the input ends there. */
  produce(lines: readonly string[]): Promise<void>;
  records(topic: string): readonly PlainRecord[];
  count(...topics: readonly string[]): number;
  plan(request: Partial<PlanRequest>): Promise<ReplayPlan>;
  run(plan: ReplayPlan, options?: Partial<RunOptions>): Promise<RunStatus>;
  until(holds: () => boolean): Promise<void>;
}

/** A file of the flights pipeline, line by line. */
export function linesOf(file: string): string[] {
  return gunzipSync(readFileSync(path.join(FLIGHTS, "data", file))).toString().trimEnd().split("\n"); // prettier-ignore
}

const DEADLINE_MS = 60_000;
const LOOK_MS = 20;
const encoder = new TextEncoder();

export async function startWorld(folder: string = FLIGHTS): Promise<World> {
  const loaded = loadPipeline(folder, {});
  const log = createMemoryLog({ clock: systemClock });
  await log.createTopics(loaded.topology.topics);
  // Every service closes the connections that it was given; the log is everybody's.
  const shared = new Proxy(log, { get: (target, name) => (name === Symbol.asyncDispose ? async () => {} : Reflect.get(target, name)) });
  const services: RunningService[] = [];
  for (const run of [runGate, runInference, runRouter]) {
    services.push(await run({ loaded, connect: async () => shared, clock: systemClock, logger: createLogger({ level: "silent", service: "guide" }), slot: "guide", listen: { host: "127.0.0.1", port: 0 }, transactionTimeoutMs: 10_000 })); // prettier-ignore
  }
  const context: PlanContext = { loaded, log, clock: systemClock, builders: BUILDERS };
  const { topology, pipeline } = loaded;
  const until = async (holds: () => boolean): Promise<void> => {
    for (const end = Date.now() + DEADLINE_MS; !holds(); await systemClock.sleep(LOOK_MS)) {
      if (Date.now() > end) throw new Error("it did not come to that in a minute");
    }
  };
  const records = (topic: string): PlainRecord[] => log.read(topic).flat();
  return {
    log,
    shared,
    loaded,
    records,
    count: (...topics) => topics.reduce((n, topic) => n + records(topic).length, 0),
    until,
    produce: async (lines) => {
      for (const line of lines) {
        const key = encoder.encode(String(valueAt(JSON.parse(line), pipeline.record.key ?? "")));
        const lane = { topic: topology.entryTopic, partition: partitionOf(key, pipeline.partitions) };
        log.append(lane, [{ key, value: encoder.encode(line), timestamp: Date.now() }]);
      }
      await using producer = await log.producer({ transactionalId: "guide" });
      const transaction = producer.begin();
      for (let partition = 0; partition < pipeline.partitions; partition++) {
        const lane = { topic: topology.entryTopic, partition };
        writeEndNote(transaction, topology.control, lane, (await log.bounds([lane])).get(`${lane.topic}/${partition}`)?.end ?? 0);
      }
      await transaction.commit(null);
    },
    plan: (request) => makePlan({ does: "replay", topic: topology.dlq, selection: {}, madeBy: "user:reader", ...request }, context),
    run: (plan, options = {}) =>
      executePlan({ ...context, plan, actor: "user:reader", reason: "the guide says so", pace: { perSecond: 20_000, rampMs: 0 }, abortOn: null, settleMs: 30_000, leave: () => false, onProgress: () => {}, onNote: () => {}, ...options }), // prettier-ignore
    [Symbol.asyncDispose]: async () => {
      for (const service of services) await service.stop();
    },
  };
}

function valueAt(record: unknown, pointer: string): unknown {
  return pointer.split("/").slice(1).reduce((at: unknown, name) => (typeof at === "object" && at !== null ? new Map<string, unknown>(Object.entries(at)).get(name) : undefined), record); // prettier-ignore
}
