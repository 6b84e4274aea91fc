import { describeProblem, WeirError } from "@weir/record";
import type { Log } from "@weir/stream";
import { systemClock } from "./clock.ts";
import { loadPipeline } from "./load-pipeline.ts";
import { createLogger } from "./logger.ts";
import { parseSettings, type Environment } from "./settings.ts";
import type { RunningService, ServiceContext } from "./stage-service.ts";

export interface ProcessOptions {
  readonly name: string;
  readonly port: number;
  readonly env: Environment;
  readonly connect: (brokers: readonly string[], clientId: string) => Promise<Log>;
  readonly run: (context: ServiceContext) => Promise<RunningService>;
}

/** The whole life of a service process: settings, connections, run, SIGTERM. Returns the exit code. */
export async function serviceProcess({ name, port, env, connect, run }: ProcessOptions): Promise<number> {
  const { settings, problems } = parseSettings(env, { port });
  if (!settings) {
    process.stderr.write(`${problems.map(describeProblem).join("\n")}\n`);
    return 2;
  }
  const logger = createLogger({ level: settings.logLevel, service: name });
  try {
    const loaded = loadPipeline(settings.pipeline, env);
    const slot = settings.slot ?? `${name}-${process.pid}-${systemClock.now().toString(36)}`;
    const service = await run({
      loaded,
      clock: systemClock,
      logger,
      slot,
      connect: (clientId) => connect(settings.brokers, clientId),
      listen: { host: settings.host, port: settings.port },
      transactionTimeoutMs: settings.transactionTimeoutMs,
    });
    logger.info({ url: service.url, slot }, "running");
    const stop = (): void => void service.stop();
    process.once("SIGTERM", stop);
    process.once("SIGINT", stop);
    await service.done;
    await service.stop();
    return 0;
  } catch (error) {
    if (error instanceof WeirError) logger.fatal({ problem: error.problem }, error.problem.what);
    else logger.fatal({ err: error }, "cannot go on");
    return error instanceof WeirError ? error.exitCode : 1;
  }
}
