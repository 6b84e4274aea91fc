import { readDeadLetter } from "@weir/deadletter";
import { headerText, type PlainRecord } from "@weir/record";
import { createMetrics, runChain, systemClock, type LoadedPipeline, type RunningChain } from "@weir/service";
import { createMemoryLog, SILENT, type Log } from "@weir/stream";
import { createStatusReader, type Status } from "../commands/status.ts";
import { produce } from "../produce/produce.ts";
import { lanesOf, readToEnd } from "../read-topics.ts";
import { isDrained } from "../up/drain.ts";
import { BUILDERS } from "../up/services.ts";

/** Where one record of the input would have ended. */
export interface Outcome {
  readonly id: string;
  readonly stage: string;
  readonly port: string;
  readonly topic: string;
  /** Why it was refused; null where it was not. */
  readonly failure: { readonly class: string; readonly message: string } | null;
  readonly record: PlainRecord;
}

export interface DryRun {
  readonly records: number;
  readonly status: Status;
  /** Every record at the end of its way, by topic in flow order. */
  readonly outcomes: readonly Outcome[];
}

const LOOK_MS = 20;
/** Without any progress for so long something is wrong. */
const SILENCE_MS = 30_000;

/**
 * Records through the real stages, over a log in memory: the input ends where the lines end, so windows that are open are
 * judged. Nothing is read from a broker and nothing written to one.
 */
export async function dryRun(loaded: LoadedPipeline, lines: AsyncIterable<Uint8Array>): Promise<DryRun> {
  const { topology, pipeline } = loaded;
  await using log = createMemoryLog({ clock: systemClock });
  await log.createTopics(topology.topics.map(({ name, partitions }) => ({ name, partitions })));
  let failure: Error | null = null;
  const chains: RunningChain[] = [];
  try {
    for (const { id, type } of topology.stages) {
      if (type === "ingest") continue;
      const chain = await startChain(loaded, id, log);
      chain.done.catch((error: unknown) => (failure ??= error instanceof Error ? error : new Error(String(error))));
      chains.push(chain);
    }
    const { records } = await produce({
      log,
      clock: systemClock,
      topic: topology.entryTopic,
      lines,
      key: pipeline.record.key,
      id: typeof pipeline.record.id === "string" ? pipeline.record.id : null,
      rate: null,
      endOn: topology.control,
      onProgress: () => {},
    });
    const status = await drained(loaded, log, records, () => failure);
    return { records, status, outcomes: await outcomesOf(loaded, log) };
  } finally {
    await Promise.all(chains.map((chain) => chain.stop()));
  }
}

function startChain(loaded: LoadedPipeline, stageId: string, log: Log): Promise<RunningChain> {
  return runChain({
    loaded,
    stageIds: [stageId],
    builders: BUILDERS,
    log,
    clock: systemClock,
    slot: "dry-run",
    transactionTimeoutMs: 60_000,
    missingOffsets: "stop",
    meter: createMetrics(),
    eventsOf: () => ({ ...SILENT, replaced: () => {} }),
  });
}

async function drained(loaded: LoadedPipeline, log: Log, records: number, failed: () => Error | null): Promise<Status> {
  const reader = createStatusReader(loaded, log);
  let [seen, deadline] = [-1, 0];
  for (;;) {
    const failure = failed();
    if (failure) throw failure;
    const status = await reader.read();
    if (isDrained(status, records)) return status;
    const decided = status.stages.reduce((n, stage) => n + stage.in, 0);
    if (decided !== seen) [seen, deadline] = [decided, systemClock.monotonic() + SILENCE_MS];
    if (systemClock.monotonic() > deadline) throw new Error(`a stage decides nothing: ${JSON.stringify(status.stages)}`);
    await systemClock.sleep(LOOK_MS);
  }
}

async function outcomesOf({ topology }: LoadedPipeline, log: Log): Promise<Outcome[]> {
  const ends = topology.stages
    .filter((stage) => stage.type !== "ingest")
    .flatMap(({ id, outputs, next }) => [...outputs].flatMap(([port, topic]) => (next.has(port) ? [] : [{ stage: id, port, topic }])));
  const outcomes: Outcome[] = [];
  for (const end of [...ends, { stage: "", port: "dlq", topic: topology.dlq }]) {
    for await (const { record, topic } of readToEnd(log, await lanesOf(log, [end.topic]))) {
      const letter = readDeadLetter(record);
      outcomes.push({
        id: headerText(record.headers, "weir.id") ?? `${topic}-${record.offset}`,
        stage: end.stage === "" ? (letter?.stage ?? "?") : end.stage,
        port: end.port,
        topic,
        failure: letter && { class: letter.class ?? "unknown", message: letter.message },
        record,
      });
    }
  }
  return outcomes;
}
