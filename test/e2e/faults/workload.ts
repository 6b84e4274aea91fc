import { mkdirSync } from "node:fs";
import path from "node:path";
import { loadPipeline, systemClock, type LoadedPipeline } from "@weir/service";
import type { Log } from "@weir/stream";
import { writeW1Pipeline } from "@weir/testkit";
import { exactProducer } from "../rolling/exact-producer.ts";
import { endInput, w1Input, w1NumberOf } from "../w1-input.ts";

export interface Workload {
  readonly seed: number;
  readonly records: number;
  /** Records a second. */
  readonly rate: number;
  readonly onProduced?: (total: number) => void;
}

export const PARTITIONS = 4;
const WINDOW_RECORDS = 500;
const PIECES_A_SECOND = 10;

/** A pipeline that uses every port: windows held and broken, records quarantined, dead letters, three branches, samples. */
export async function makePipeline(log: Log, folder: string, name: string, replicas: number): Promise<LoadedPipeline> {
  const place = path.join(folder, name);
  mkdirSync(place, { recursive: true });
  writeW1Pipeline(place, { name, partitions: PARTITIONS, windowRecords: WINDOW_RECORDS, sample: 0.1 });
  const loaded = loadPipeline(place, {});
  await log.createTopics(
    loaded.topology.topics.map(({ name: topic, partitions, configs }) => ({
      name: topic,
      partitions,
      configs,
      replicationFactor: replicas,
    })),
  );
  return loaded;
}

/** Writes every record once whatever happens to the brokers, then says that this was all. `goesOn`: until then, however many. */
export async function produce(
  log: Log,
  { topology }: LoadedPipeline,
  { seed, records, rate, onProduced = () => {} }: Workload,
  goesOn: () => boolean = () => false,
): Promise<number> {
  await using producer = await log.producer({ transactionalId: `fill-${topology.entryTopic}` });
  const exact = exactProducer(log, producer, topology.entryTopic, w1NumberOf(seed));
  const input = w1Input(seed, PARTITIONS);
  const size = Math.ceil(rate / PIECES_A_SECOND);
  const startedAt = systemClock.monotonic();
  let produced = 0;
  while (produced < records || goesOn()) {
    const count = goesOn() ? size : Math.min(size, records - produced);
    await exact.write(input.next(count));
    produced += count;
    onProduced(produced);
    await systemClock.sleep(Math.max(0, startedAt + (produced / rate) * 1000 - systemClock.monotonic()));
  }
  await exact.repeat((again) => endInput(log, again, topology));
  return produced;
}
