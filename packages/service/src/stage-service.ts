import type { StageType } from "@weir/pipeline";
import type { Clock, Log } from "@weir/stream";
import { runChain, stageAt, type BuildStage, type RunningChain } from "./chain.ts";
import { assertDrained } from "./drained.ts";
import { serveHttp, type HttpServer } from "./http.ts";
import type { LoadedPipeline } from "./load-pipeline.ts";
import type { Logger } from "./logger.ts";
import { createMetrics } from "./metrics.ts";
import { stageTelemetry } from "./telemetry.ts";

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
  const { loaded, listen, clock, logger, slot, transactionTimeoutMs } = context;
  const log = await context.connect(name);
  const metrics = createMetrics();
  const running: RunningChain[] = [];
  const notReady = (): string | null => running.map((c) => c.notReady()).find((reason) => reason !== null) ?? null;
  let http: HttpServer | null = null;
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((c) => c.stop()));
    await http?.[Symbol.asyncDispose]();
    await log[Symbol.asyncDispose]();
  };
  try {
    http = await serveHttp({ ...listen, metrics, notReady });
    for (const stageIds of chains) {
      await assertDrained(log, loaded.topology, stageIds);
      for (const id of stageIds)
        metrics.specInfo.set({ pipeline: loaded.pipeline.name, stage: id, digest: loaded.pipeline.digest.slice(0, 8) }, 1);
      const events = stageTelemetry({ metrics, logger, pipeline: loaded.pipeline.name, stage: stageIds[0] ?? name });
      running.push(await runChain({ loaded, stageIds, builders, log, clock, slot, transactionTimeoutMs, events }));
    }
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
