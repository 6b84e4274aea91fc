import type { StageType } from "@weir/pipeline";
import type { Clock, Log } from "@weir/stream";
import { runChain, stageAt, type BuildStage, type BuiltStage, type RunningChain } from "./chain.ts";
import { assertDrained } from "./drained.ts";
import { serveHttp, type HttpServer } from "./http.ts";
import type { LoadedPipeline } from "./load-pipeline.ts";
import type { Logger } from "./logger.ts";
import { tellPipeline } from "./metrics/pipeline-info.ts";
import { createMetrics } from "./metrics/metrics.ts";
import type { MissingOffsets } from "./settings.ts";
import { openTracing, type Tracing } from "./tracing/tracing.ts";
import { stageTelemetry, type ChainEvents } from "./telemetry.ts";

/** What a service is given by whoever starts it: a process of its own, or `weir up`. */
export interface ServiceContext {
  readonly loaded: LoadedPipeline;
  /** Connections of the service's own; closed with it. */
  readonly connect: (name: string) => Promise<Log>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly slot: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly transactionTimeoutMs: number;
  /** Absent: a partition whose committed offset is gone is halted. */
  readonly missingOffsets?: MissingOffsets;
}

/** A service that was started and can be stopped inside its process. */
export interface RunningService {
  readonly name: string;
  readonly url: string;
  /** Why it is not ready; null when it is. */
  notReady(): string | null;
  /** Settles when it has stopped; rejects when it could not go on. */
  readonly done: Promise<void>;
  /** Commits what is decided, leaves its groups, closes its connections. */
  stop(): Promise<void>;
}

/** Runs chains of stages, each with its own group, behind one HTTP address and one metrics registry. */
export async function runStageService(
  name: string,
  context: ServiceContext,
  chains: readonly (readonly string[])[],
  builders: ReadonlyMap<StageType, BuildStage>,
): Promise<RunningService> {
  const { loaded, listen, clock, logger, slot, transactionTimeoutMs, missingOffsets = "stop" } = context;
  const log = await context.connect(name);
  const metrics = createMetrics();
  const tracing = await openTracing({ env: process.env, service: name, pipeline: loaded.pipeline.name, now: () => clock.now() });
  const running: RunningChain[] = [];
  let starting = true;
  const notReady = (): string | null =>
    starting ? "models and stages are being loaded" : (running.map((c) => c.notReady()).find((reason) => reason !== null) ?? null);
  let http: HttpServer | null = null;
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((c) => c.stop()));
    await http?.[Symbol.asyncDispose]();
    await tracing?.[Symbol.asyncDispose]();
    await log[Symbol.asyncDispose]();
  };
  try {
    http = await serveHttp({ ...listen, metrics, notReady, halted: () => running.flatMap((c) => c.halted()) });
    for (const stageIds of chains) {
      await assertDrained(log, loaded.topology, stageIds);
      tellPipeline(metrics, loaded, stageIds);
      const eventsOf = (built: readonly BuiltStage[]): ChainEvents =>
        stageTelemetry({
          meter: metrics,
          logger,
          pipeline: loaded.pipeline.name,
          stages: built.map((b) => b.stage),
          now: () => clock.now(),
          onCommitted: (execution) => {
            built.find((b) => b.stage.id === execution.stage)?.onCommitted?.(execution);
            tracing?.committed(execution);
          },
        });
      running.push(
        await runChain({
          loaded,
          stageIds,
          builders: tracing ? traced(builders, tracing) : builders,
          log,
          clock,
          slot,
          transactionTimeoutMs,
          missingOffsets,
          stops: true,
          meter: metrics,
          eventsOf,
        }),
      );
    }
    starting = false;
  } catch (error) {
    await stop();
    throw error;
  }
  return { name, url: http.url, notReady, done: Promise.all(running.map((c) => c.done)).then(() => {}), stop };
}

/** Each stage of a type as a chain of its own. */
export function stagesOf(loaded: LoadedPipeline, type: StageType): string[][] {
  return loaded.topology.stages.filter((s) => s.type === type).map((s) => [stageAt(loaded.topology, s.id).id]);
}

function traced(builders: ReadonlyMap<StageType, BuildStage>, tracing: Tracing): ReadonlyMap<StageType, BuildStage> {
  const watching =
    (build: BuildStage): BuildStage =>
    async (...args) => {
      const built = await build(...args);
      return { ...built, stage: tracing.watch(built.stage) };
    };
  return new Map([...builders].map(([type, build]) => [type, watching(build)]));
}
