import { statfsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startEmbedded } from "@weir/broker";
import { createKafkaLog } from "@weir/kafka";
import { loadPipeline } from "@weir/service";
import type { Log } from "@weir/stream";
import { openTopicAdmin, type TopicAdmin } from "../../e2e/faults/topic-admin.ts";
import { drain, type Drained, type DrainOptions } from "../drain.ts";
import { createLoad, poolOf, SEED } from "../input.ts";
import type { Ours } from "../options.ts";
import { createReference } from "../reference.ts";
import { WARM_UP } from "../warm-up.ts";
import { formOf, W1, writePipeline } from "../workload.ts";
import { keyOf, type Point } from "./axes.ts";

const WARM_UP_RECORDS = 2_000_000;
/** Key, headers and prediction of a record, beside its bytes in the entry topic and at its end. */
const ADDED_BYTES = 400;
const BYTES = 300;
/** A broker gives the room of a deleted topic back after a minute. */
const POINTS_ON_DISK = 4;

export interface MeasureOptions {
  readonly points: readonly Point[];
  readonly note: (line: string) => void;
  /** Ends the measuring before its time, in order. */
  readonly signal: AbortSignal;
  readonly onDone: (point: Point, drained: Drained) => void;
}

/** Drains the points one after the other on one warm broker; what a point wrote is deleted before the next. */
export async function measurePoints({ points, note, signal, onDone }: MeasureOptions): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), "weir-growth-"));
  try {
    assertRoom(folder, points);
    const broker = await startEmbedded({ dataDir: path.join(folder, "kafka"), port: 0, profile: "bench", note });
    try {
      await using log = await createKafkaLog({ brokers: [broker.address], clientId: "weir-growth" });
      await using admin = await openTopicAdmin(broker.address);
      const place: Place = { log, admin, folder, address: broker.address, brokerPids: broker.pids, note, signal };
      const records = Math.min(WARM_UP_RECORDS, Math.max(...points.map((point) => point.records)));
      for (const [i, { system, commitMs }] of WARM_UP.entries()) {
        note(`${system}, warm-up ${i + 1}`);
        await measure({ at: 0, workload: W1, records }, { ...place, system, commitMs, name: `warmup${i + 1}` });
      }
      for (const [i, point] of points.entries()) {
        note(`point ${i + 1} of ${points.length}: ${keyOf(point)}`);
        const name = `growth${i + 1}`;
        onDone(point, await measure(point, { ...place, system: "weir-fused", commitMs: null, name }));
        await clear(place, name);
      }
    } finally {
      await broker.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Place {
  readonly log: Log;
  readonly admin: TopicAdmin;
  readonly folder: string;
  readonly address: string;
  readonly brokerPids: readonly number[];
  readonly note: (line: string) => void;
  readonly signal: AbortSignal;
}

interface Measuring extends Place {
  readonly system: Ours;
  readonly name: string;
  readonly commitMs: number | null;
}

async function measure({ workload, records }: Point, { system, name, commitMs, ...place }: Measuring): Promise<Drained> {
  const { log, address, brokerPids, note, signal } = place;
  const folder = path.join(place.folder, name);
  const entryTopic = `${name}.in`;
  signal.throwIfAborted();
  await createLoad(workload).fill(log, entryTopic, records);
  const models = path.join(place.folder, `${name}-reference`);
  writePipeline(models, workload, { name: "reference" });
  const options: DrainOptions = {
    ...{ system, records, name, commitMs, entryTopic, folder, address, brokerPids, note, workload, signal },
    model: path.join(models, "models/fraud/1/model.onnx"),
    reference: await createReference({
      models: path.join(models, "models"),
      seed: SEED,
      faultEvery: workload.faultEvery,
      pool: poolOf(workload).records,
      form: formOf(workload),
    }),
    killEveryMs: null,
  };
  return drain(log, options);
}

/** Makes room; without it, a large disk does as well. */
async function clear({ admin, folder, note }: Place, name: string): Promise<void> {
  try {
    for (const topic of loadPipeline(path.join(folder, name), {}).topology.topics) await admin.deleteTopic(topic.name);
  } catch (error) {
    note(`the topics of ${name} stay: ${String(error)}`);
  }
}

function assertRoom(folder: string, points: readonly Point[]): void {
  const bytesOf = ({ workload, records }: Point): number => 2 * records * (ADDED_BYTES + (workload.plain?.bytes ?? BYTES));
  const needed = POINTS_ON_DISK * Math.max(...points.map(bytesOf));
  const { bavail, bsize } = statfsSync(folder);
  if (needed < bavail * bsize) return;
  const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  throw new Error(
    `${folder} has ${gib(bavail * bsize)} free, the bench needs ${gib(needed)}: set TMPDIR to a larger place, or take fewer --records`,
  );
}
