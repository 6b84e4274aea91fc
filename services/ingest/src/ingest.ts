import type { HttpDoor, IngestSpec } from "@weir/pipeline";
import { WeirError } from "@weir/record";
import {
  createMetrics,
  serveHttp,
  type ConnectionLimits,
  type HttpServer,
  type LoadedPipeline,
  type RunningService,
  type ServiceContext,
} from "@weir/service";
import { isReplaced, type Log } from "@weir/stream";
import { createBudget } from "./door/budget.ts";
import type { Door } from "./door/door.ts";
import { createRate } from "./door/rate.ts";
import { countRequests } from "./door/requests.ts";
import { doorRoutes } from "./http.ts";
import { openApiOf } from "./openapi.ts";
import { PACE, type Pace } from "./request/body.ts";
import { runSources, type SourceRunner } from "./sources/runner.ts";
import { sourcesOf } from "./sources/sources.ts";
import { ingestTelemetry, type IngestEvents } from "./telemetry.ts";
import { createIdempotency } from "./write/idempotency.ts";
import { createPlacing } from "./write/placing.ts";
import { openReceipts, type Receipts } from "./write/receipts.ts";
import { createWriter, type Writer } from "./write/writer.ts";

/** How patient the doors are; tests have less time. */
export interface Patience {
  readonly pace?: Pace;
  readonly connections?: ConnectionLimits;
  /** Bytes that requests may hold in memory together. */
  readonly heldBytes?: number;
}

/** A body that is still coming when the service stops is not waited for longer. */
const ANSWERING_MS = 2000;
const LOOK_MS = 10;
const HELD_BYTES = 128 * 1_048_576;
/** A door that only takes webhooks has the limits of one with nothing said of it. */
const PLAIN_DOOR: HttpDoor = {
  batchMax: 1000,
  keys: {},
  headers: [],
  limits: { body: 8 * 1_048_576, stream: 8 * 1_048_576, record: 1_000_000, depth: 64, rate: null },
  idempotency: { keep: 86_400_000, keys: 300_000 },
};

/** Runs the doors of a pipeline: HTTP and webhooks behind one address, files and servers that are read on. */
export async function run(context: ServiceContext, patience: Patience = {}): Promise<RunningService> {
  const { loaded, listen, connect, logger, clock } = context;
  const { topology, pipeline } = loaded;
  const log = await connect("ingest");
  const stage = ingestStage(loaded);
  const metrics = createMetrics();
  const events = ingestTelemetry({
    meter: metrics,
    logger,
    pipeline: pipeline.name,
    stage: stage.id,
    sources: [...Object.keys(stage.files ?? {}), ...Object.keys(stage.pull ?? {})],
    now: () => clock.monotonic(),
  });
  const partitions = (await log.partitions([topology.entryTopic])).get(topology.entryTopic) ?? 0;
  const opened =
    partitions > 0 && (stage.http || stage.webhook) ? await openDoor(context, log, stage, { events, partitions, patience }) : null;
  const sources = partitions > 0 ? await openSources(context, log, stage, { events, partitions, patience }) : null;
  const notReady = (): string | null =>
    partitions > 0 ? (opened?.writer.notReady() ?? sources?.notReady() ?? null) : `topic ${topology.entryTopic} does not exist`;
  const close = async (http: HttpServer | null): Promise<void> => {
    await opened?.writer[Symbol.asyncDispose](); // what waits is written and answered; what comes later is told to try again
    await sources?.[Symbol.asyncDispose]();
    for (let ms = 0; opened !== null && opened.requests.open > 0 && ms < ANSWERING_MS; ms += LOOK_MS) await clock.sleep(LOOK_MS);
    await http?.[Symbol.asyncDispose]();
    await opened?.receipts[Symbol.asyncDispose]();
    await log[Symbol.asyncDispose]();
  };
  const http = await serveHttp({
    ...listen,
    metrics,
    notReady,
    ...(patience.connections && { limits: patience.connections }),
    routes: opened ? doorRoutes(opened, { http: stage.http, webhook: stage.webhook, description: describe(loaded, stage) }) : [],
  }).catch(async (error: unknown) => {
    await close(null);
    throw error;
  });
  if (opened)
    events.watch({
      queuedRecords: () => opened.writer.queuedRecords,
      heldBytes: () => opened.budget.used,
      receipts: () => opened.receipts.size,
    });
  let finish: () => void = () => {};
  const stopped = new Promise<void>((resolve) => (finish = resolve));
  return {
    name: "ingest",
    url: http.url,
    notReady,
    done: Promise.race([
      stopped,
      ...[opened?.writer.done ?? [], sources?.done ?? []].flat().map((part) => part.then(() => stopped, replacedBy)),
    ]),
    stop: async () => {
      await close(http);
      finish();
    },
  };
}

function ingestStage({ pipeline }: LoadedPipeline): IngestSpec {
  for (const stage of pipeline.stages.values()) if (stage.type === "ingest") return stage;
  throw new Error("a checked pipeline has an ingest stage");
}

interface DoorParts {
  readonly events: IngestEvents;
  readonly partitions: number;
  readonly patience: Patience;
}

async function openDoor(context: ServiceContext, log: Log, stage: IngestSpec, { events, partitions, patience }: DoorParts): Promise<Door> {
  const { clock, loaded, slot, transactionTimeoutMs } = context;
  const { pipeline, topology } = loaded;
  const spec = stage.http ?? PLAIN_DOOR;
  const receipts: Receipts = openReceipts({
    log,
    clock,
    topic: topology.receipts,
    partitions: (await log.partitions([topology.receipts])).get(topology.receipts) ?? partitions,
    keepMs: spec.idempotency.keep,
    maxKeys: spec.idempotency.keys,
  });
  const writer: Writer = createWriter({
    log,
    clock,
    topic: topology.entryTopic,
    transactionalId: `weir-${pipeline.name}.${stage.id}-${slot}`,
    transactionTimeoutMs,
    onSettled: () => receipts.catchUp(),
    onCommitted: events.committed,
    onFailed: events.notCommitted,
  });
  return {
    pipeline: pipeline.name,
    topic: topology.entryTopic,
    spec,
    record: pipeline.record,
    clock,
    pace: patience.pace ?? PACE,
    budget: createBudget(patience.heldBytes ?? HELD_BYTES, () => writer.secondsUntilFree()),
    rate: createRate(spec.limits.rate, () => clock.monotonic()),
    place: createPlacing(pipeline.record, partitions),
    writer,
    receipts,
    idempotency: createIdempotency(receipts, () => writer.notReady()),
    events,
    requests: countRequests(),
  };
}

async function openSources(
  context: ServiceContext,
  log: Log,
  stage: IngestSpec,
  { events, partitions }: DoorParts,
): Promise<SourceRunner | null> {
  const { clock, loaded, slot, transactionTimeoutMs } = context;
  const { topology, pipeline } = loaded;
  const sources = sourcesOf(loaded, stage, (stage.http ?? PLAIN_DOOR).limits, clock);
  if (sources.length === 0) return null;
  const stateTopic = topology.state(stage.id);
  return runSources({
    log,
    clock,
    sources,
    topic: topology.entryTopic,
    place: createPlacing(pipeline.record, partitions),
    stateTopic,
    partitions: (await log.partitions([stateTopic])).get(stateTopic) ?? partitions,
    group: `${pipeline.name}.${stage.id}`,
    slot,
    transactionTimeoutMs,
    events,
  });
}

function describe({ pipeline, readBytes }: LoadedPipeline, { http, webhook }: IngestSpec): string {
  const contract: unknown = JSON.parse(Buffer.from(readBytes(pipeline.record.contract)).toString());
  return JSON.stringify(
    openApiOf({ pipeline: pipeline.name, description: pipeline.description, door: http, webhooks: webhook ?? {}, contract }),
  );
}

function replacedBy(error: unknown): never {
  if (!isReplaced(error)) throw error;
  throw new WeirError(
    {
      code: "WEIR-3023",
      what: "another process took this place",
      where: "ingest",
      why: error instanceof Error ? error.message : String(error),
      fix: "give every process its own WEIR_SLOT, unless an orchestrator replaced this one",
    },
    { cause: error, exitCode: 4 },
  );
}
