import { run as runGate } from "@weir/gate";
import { run as runInference } from "@weir/inference";
import { batchOf, partitionOf } from "@weir/record";
import { run as runRouter } from "@weir/router";
import { createLogger, systemClock, type LoadedPipeline, type RunningService, type ServiceContext } from "@weir/service";
import { writeEndNote, type Log } from "@weir/stream";
import { bytes } from "./flights.ts";

const SERVICES = [runGate, runInference, runRouter];

/** Gate, inference and router of a pipeline, each with a group of its own, over any log. */
export async function startPipeline(loaded: LoadedPipeline, connect: () => Promise<Log>): Promise<AsyncDisposable> {
  const started: RunningService[] = [];
  for (const [i, run] of SERVICES.entries()) {
    const context: ServiceContext = {
      loaded,
      connect,
      clock: systemClock,
      logger: createLogger({ level: "silent", service: `guide-${i}` }),
      slot: `guide-${i}`,
      listen: { host: "127.0.0.1", port: 0 },
      transactionTimeoutMs: 10_000,
    };
    started.push(await run(context));
  }
  return {
    [Symbol.asyncDispose]: async () => {
      await Promise.all(started.map((service) => service.stop()));
    },
  };
}

/** Writes records to the entry topic, and that nothing comes after them: then the last window is judged too. */
export async function playInto({ topology, pipeline }: LoadedPipeline, log: Log, values: readonly string[]): Promise<void> {
  await using producer = await log.producer({ transactionalId: `guide-${pipeline.name}` });
  const transaction = producer.begin();
  for (let partition = 0; partition < pipeline.partitions; partition++) {
    const lane = { topic: topology.entryTopic, partition };
    const mine = values.filter((value) => partitionOf(bytes(originOf(value)), pipeline.partitions) === partition);
    transaction.write(
      lane,
      batchOf(
        lane,
        mine.map((value) => ({ key: bytes(originOf(value)), value: bytes(value) })),
      ),
    );
  }
  await transaction.commit(null);
  const lanes = Array.from({ length: pipeline.partitions }, (_, partition) => ({ topic: topology.entryTopic, partition }));
  const bounds = await log.bounds(lanes);
  const ends = producer.begin();
  for (const lane of lanes) writeEndNote(ends, topology.control, lane, bounds.get(`${lane.topic}/${lane.partition}`)?.end ?? 0);
  await ends.commit(null);
}

function originOf(value: string): string {
  return /"origin":"([A-Z]+)"/.exec(value)?.[1] ?? "";
}

/** What the first start shows: the flights of two weeks, by the topic on which they end. */
export const EXPECTED = {
  "gate.quarantine": 2666,
  "route.auto": 5811,
  "route.review": 3409,
  "route.manual": 336,
  dlq: 0,
} as const;
