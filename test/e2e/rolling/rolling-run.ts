import { mkdirSync } from "node:fs";
import path from "node:path";
import { startEmbedded, type EmbeddedBroker } from "@weir/broker";
import { createKafkaLog } from "@weir/kafka";
import { loadPipeline, systemClock } from "@weir/service";
import type { Log } from "@weir/stream";
import type { Topology } from "@weir/pipeline";
import { writeW1Pipeline } from "@weir/testkit";
import { endTopics, waitForEnds } from "../ends.ts";
import { serviceIn, startFleet, type FleetProcess } from "../fleet.ts";
import { endInput, w1Input, w1NumberOf } from "../w1-input.ts";
import { witness, type Witnessed } from "../witness.ts";
import { exactProducer, type ExactProducer } from "./exact-producer.ts";
import { untilReplicated } from "./replicas.ts";

export interface RollingRun {
  /** For the brokers' data, the pipeline and the logs of the services. */
  readonly folder: string;
  readonly seed: number;
  /** Records a second. */
  readonly rate: number;
  /** How often every broker is restarted. */
  readonly rounds: number;
  /** Quiet time before the first and after every restart. */
  readonly pauseMs: number;
}

export interface RollingResult extends Witnessed {
  readonly seed: number;
  readonly produced: number;
  readonly restarts: number;
  /** Commits of the producer of which it could not know whether they happened, and how many of them had not. */
  readonly unsure: number;
  readonly rewritten: number;
  readonly seconds: number;
}

const NODES = 3;
const PARTITIONS = 4;
const WINDOW_RECORDS = 1000;
/** Pieces a second. */
const PIECES = 10;
const PROCESSES: readonly FleetProcess[] = (["ingest", "gate", "inference", "router", "monitor"] as const).map((name) =>
  serviceIn(name, `${name}-0`),
);
/** Longest silence at the ends after everything was produced. */
const SILENCE_MS = 60_000;

/** Records through five processes while every broker of a cluster is restarted in order; then asks a foreign reader. */
export async function rollingRun(options: RollingRun): Promise<RollingResult> {
  const { folder, seed } = options;
  const broker = await startEmbedded({ dataDir: path.join(folder, "kafka"), port: 0, nodes: NODES });
  try {
    const pipeline = path.join(folder, "pipeline");
    mkdirSync(pipeline, { recursive: true });
    writeW1Pipeline(pipeline, { name: `rolling${seed}`, partitions: PARTITIONS, windowRecords: WINDOW_RECORDS });
    const { topology } = loadPipeline(pipeline, {});
    await using log = await createKafkaLog({ brokers: broker.address.split(","), clientId: "weir-rolling" });
    await log.createTopics(
      topology.topics.map(({ name, partitions, configs }) => ({ name, partitions, configs, replicationFactor: NODES })),
    );
    const startedAt = systemClock.monotonic();
    const run = await restartWhileProducing(log, topology, broker, { ...options, pipeline });
    const seen = await witness({
      address: broker.address,
      topics: endTopics(topology),
      produced: run.produced,
      numberOf: w1NumberOf(seed),
    });
    return { seed, ...run, restarts: options.rounds * NODES, seconds: Math.round((systemClock.monotonic() - startedAt) / 1000), ...seen };
  } finally {
    await broker.stop();
  }
}

type Produced = Pick<RollingResult, "produced" | "unsure" | "rewritten">;

async function restartWhileProducing(
  log: Log,
  topology: Topology,
  broker: EmbeddedBroker,
  options: RollingRun & { readonly pipeline: string },
): Promise<Produced> {
  const { folder, seed, rate, pipeline } = options;
  const fleet = startFleet({ pipeline, address: broker.address, processes: PROCESSES, logs: folder });
  try {
    await using producer = await log.producer({ transactionalId: `fill-${seed}` });
    const exact = exactProducer(log, producer, topology.entryTopic, w1NumberOf(seed));
    let rolling = true;
    const restarts = restartAll(broker, options).finally(() => (rolling = false));
    const [produced] = await Promise.all([produceWhile(() => rolling, exact, seed, rate), restarts]);
    await exact.repeat((again) => endInput(log, again, topology));
    await waitForEnds(log, topology, produced, SILENCE_MS);
    await fleet.stop();
    return { produced, ...exact.counts };
  } catch (error) {
    await fleet.kill();
    throw error;
  }
}

async function restartAll(broker: EmbeddedBroker, { rounds, pauseMs }: RollingRun): Promise<void> {
  await systemClock.sleep(pauseMs);
  for (let turn = 0; turn < rounds * NODES; turn++) {
    const node = (turn % NODES) + 1;
    await broker.stopNode(node, "clean");
    await broker.startNode(node);
    await untilReplicated(broker.address);
    console.error(`  node ${node} restarted (${turn + 1} of ${rounds * NODES})`);
    await systemClock.sleep(pauseMs);
  }
}

async function produceWhile(goesOn: () => boolean, exact: ExactProducer, seed: number, rate: number): Promise<number> {
  const input = w1Input(seed, PARTITIONS);
  const size = Math.ceil(rate / PIECES);
  const startedAt = systemClock.monotonic();
  let produced = 0;
  while (goesOn()) {
    await exact.write(input.next(size));
    produced += size;
    await systemClock.sleep(Math.max(0, startedAt + (produced / rate) * 1000 - systemClock.monotonic()));
  }
  return produced;
}
