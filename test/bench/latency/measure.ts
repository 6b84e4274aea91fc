import { cpSync, mkdirSync } from "node:fs";
import path from "node:path";
import { systemClock } from "@weir/service";
import type { Log } from "@weir/stream";
import { startFleet, type Fleet } from "../../e2e/fleet.ts";
import { countOutput } from "../count.ts";
import { PARTITIONS, SEED } from "../input.ts";
import { followProcessorTime, type ProcessorTime } from "../processor-time.ts";
import type { Reference } from "../reference.ts";
import { KEPT, prepare } from "../systems.ts";
import { startChild, type Child } from "./child.ts";
import type { Measured, Step } from "./plan.ts";
import { clockOffset } from "./shared-clock.ts";
import type { GeneratorTask, ReaderTask } from "./talk.ts";

/** Where measurements are made. */
export interface Place {
  readonly log: Log;
  readonly folder: string;
  /** Where the logs of a measurement that failed are kept. */
  readonly logs: string;
  readonly address: string;
  readonly brokerPids: readonly number[];
  /** The model's file, for systems that are not ours. */
  readonly model: string;
  readonly reference: Reference;
  readonly note: (line: string) => void;
}

/** At the rate itself, before anything counts: a trial is compared only with other trials. */
const WARM_UP_SECONDS = { trial: 5, final: 10 } as const;
/** To see that a system is there; each goes to all partitions. */
const PROBE_RECORDS = 8 * PARTITIONS;
const PROBE_EVERY_MS = 500;
const READY_WITHIN_MS = 120_000;
const LOOK_MS = 100;
/** Nothing has come for so long: what is not there does not come. */
const STUCK_MS = 10_000;
const MICROS_PER_MS = 1000;

/** The processes of one measurement. */
interface Scene {
  readonly fleet: Fleet;
  readonly generator: Child;
  readonly reader: Child;
  readonly brokerPids: readonly number[];
}

/** Milliseconds since 1970. */
interface Window {
  readonly from: number;
  readonly to: number;
}

type Cores = Pick<Measured, "systemCores" | "brokerCores" | "generatorCores" | "readerCores" | "otherCores">;

/** Names topics and groups: once for every measurement on a broker. */
let measurements = 0;

/**
 * Starts the system, waits until records come out of it, lets the generator follow its schedule, and reads afterwards what was
 * written.
 * @throws {Error} if the system ends, does not start, or puts a record where it does not belong.
 */
export async function measure(step: Step, place: Place): Promise<Measured> {
  const { log, address, reference, note, model } = place;
  const name = `${step.system.replaceAll(/[^a-z0-9]/g, "")}${++measurements}`;
  const folder = path.join(place.folder, name);
  mkdirSync(folder, { recursive: true });
  const entryTopic = `latency.in.${name}`;
  await log.createTopics([{ name: entryTopic, partitions: PARTITIONS, configs: KEPT }]);
  const setup = await prepare(step.system, log, { name, entryTopic, folder, address, model, commitMs: step.commitMs, note });
  const ends = setup.hops.at(-1) ?? [];
  const startedAt = systemClock.now();
  const offset = clockOffset();
  const warmUpSeconds = step.isTrial ? WARM_UP_SECONDS.trial : WARM_UP_SECONDS.final;
  const { rate, seconds } = step;
  const generatorTask: GeneratorTask = { address, topic: entryTopic, rate, seconds, warmUpSeconds, seed: SEED, clockOffset: offset };
  await using generator = startChild("generator", generatorTask, folder);
  const { records, measuredFrom } = await generator.hear("scheduled");
  const readerTask: ReaderTask = { address, topics: ends, scheduled: records, measuredFrom, clockOffset: offset };
  await using reader = startChild("reader", readerTask, folder);
  await reader.hear("reading");
  const fleet = startFleet({ pipeline: setup.pipeline, address, processes: setup.processes, logs: folder, isBuilt: true });
  const scene: Scene = { fleet, generator, reader, brokerPids: place.brokerPids };
  const time = followProcessorTime(() => [...fleet.pids(), generator.pid, reader.pid, ...place.brokerPids]);
  try {
    const probes = await untilReady(scene);
    const window = await followSchedule(scene, { warmUpSeconds, seconds });
    const { lateMsP99, lateShare } = await generator.hear("sent");
    await untilSeen(scene, records + probes);
    reader.tell({ kind: "finish" });
    const { p50, p90, p99, p999, max, inTime } = await reader.hear("measured");
    const cores = coresOf(scene, time, window);
    await fleet.stop();
    const counted = await countOutput(log, {
      hops: [ends],
      records: records + probes,
      startedAt,
      reference: step.system === "weir-pass" ? null : reference,
    });
    const { missing, doubled } = counted;
    const latency = { p50, p90, p99, p999, max, inTime, lateMsP99, lateShare };
    return { ...latency, ...cores, reachedPerSecond: inTime / seconds, missing, doubled };
  } catch (error) {
    const isLog = (file: string): boolean => file === folder || file.endsWith(".log");
    cpSync(folder, path.join(place.logs, name), { recursive: true, filter: isLog });
    throw error;
  } finally {
    time.stop();
    await fleet.kill();
  }
}

/** Sends probes until all of them have come out, and gives their number. */
async function untilReady({ fleet, generator, reader }: Scene): Promise<number> {
  let sent = 0;
  for (const until = systemClock.monotonic() + READY_WITHIN_MS; systemClock.monotonic() < until;) {
    fleet.assertAlive();
    const seen = reader.last("seen")?.probes ?? 0;
    if (sent > 0 && seen >= sent) return sent;
    if (seen === 0) {
      generator.tell({ kind: "probe", records: PROBE_RECORDS });
      sent += PROBE_RECORDS;
    }
    await systemClock.sleep(PROBE_EVERY_MS);
  }
  throw new Error(`of ${sent} records ${reader.last("seen")?.probes ?? 0} came out within ${READY_WITHIN_MS} ms`);
}

/** Gives the measured part, which lies ahead, or has just begun. */
async function followSchedule({ generator, reader }: Scene, span: { warmUpSeconds: number; seconds: number }): Promise<Window> {
  generator.tell({ kind: "run" });
  const { at } = await generator.hear("started");
  const from = at + span.warmUpSeconds * 1e6;
  const to = from + span.seconds * 1e6;
  reader.tell({ kind: "window", from, to });
  return { from: from / MICROS_PER_MS, to: to / MICROS_PER_MS };
}

async function untilSeen({ fleet, reader }: Scene, records: number): Promise<void> {
  let before = -1;
  for (let movedAt = systemClock.monotonic(); ;) {
    fleet.assertAlive();
    const { records: scheduled, probes } = reader.last("seen") ?? { records: 0, probes: 0 };
    const seen = scheduled + probes;
    if (seen >= records || (seen === before && systemClock.monotonic() - movedAt > STUCK_MS)) return;
    if (seen !== before) movedAt = systemClock.monotonic();
    before = seen;
    await systemClock.sleep(LOOK_MS);
  }
}

function coresOf({ fleet, generator, reader, brokerPids }: Scene, time: ProcessorTime, { from, to }: Window): Cores {
  const cores = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + time.usedBy(pid, from, to), 0) / (1000 * (to - from));
  const systemCores = cores(fleet.pids());
  const brokerCores = cores(brokerPids);
  const generatorCores = cores([generator.pid]);
  const readerCores = cores([reader.pid]);
  const all = time.busy(from, to) / (1000 * (to - from));
  return {
    systemCores,
    brokerCores,
    generatorCores,
    readerCores,
    otherCores: all - systemCores - brokerCores - generatorCores - readerCores,
  };
}
