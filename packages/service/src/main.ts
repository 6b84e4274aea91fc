import type { Role } from "@weir/pipeline";
import { describeProblem, RetriableError, WeirError } from "@weir/record";
import type { Log } from "@weir/stream";
import { systemClock } from "./clock.ts";
import { chooseConnection, type Connection } from "./connection.ts";
import { loadPipeline } from "./load-pipeline.ts";
import { createLogger } from "./logger.ts";
import { notDone } from "./not-done.ts";
import { readableLog, withRegistry, type OpenRegistry } from "./registry.ts";
import { parseSettings, type Environment, type ServiceSettings } from "./settings.ts";
import { startPatiently } from "./start-patiently.ts";
import type { RunningService, ServiceContext } from "./stage-service.ts";
import { topicsOfServices, verifyTopics } from "./verify-topics.ts";

export interface ProcessOptions {
  readonly name: Role;
  readonly port: number;
  readonly env: Environment;
  readonly connect: (to: Connection, clientId: string) => Promise<Log>;
  /** Of services that look into records. */
  readonly registry?: OpenRegistry;
  readonly run: (context: ServiceContext) => Promise<RunningService>;
  /** Ends the process whatever still keeps it, some time after the service could not go on. Default: `process.exit`. */
  readonly exit?: (code: number) => void;
}

/** A process that cannot go on ends, whatever still keeps it: open connections, a stage that never answers. */
const END_LIMIT_MS = 10_000;

/** The whole life of a service process: settings, connections, run, SIGTERM. Returns the exit code. */
export async function serviceProcess({
  name,
  port,
  env,
  connect,
  registry,
  run,
  exit = (code) => process.exit(code),
}: ProcessOptions): Promise<number> {
  const { settings, problems } = parseSettings(env, { port });
  if (!settings) {
    process.stderr.write(`${problems.map(describeProblem).join("\n")}\n`);
    return 2;
  }
  const logger = createLogger({ level: settings.logLevel, service: name });
  let service: RunningService | null = null;
  try {
    const checked = loadPipeline(settings.pipeline, env);
    const loaded = registry ? withRegistry(checked, { environment: settings.environment, env }, registry) : checked;
    const connection = connectionOf(settings, env);
    const slot = settings.slot ?? `${name}-${process.pid}-${systemClock.now().toString(36)}`;
    const start = async (): Promise<RunningService> => {
      {
        await using log = await connect(connection, name);
        await verifyTopics(log, topicsOfServices(loaded, [name]), connection.brokers.join(", "));
      }
      return run({
        loaded,
        clock: systemClock,
        logger,
        slot,
        connect: async (clientId) => readableLog(await connect(connection, clientId), loaded),
        listen: { host: settings.host, port: settings.port },
        transactionTimeoutMs: settings.transactionTimeoutMs,
        missingOffsets: settings.missingOffsets,
      });
    };
    const running = await startPatiently(start, {
      clock: systemClock,
      forMs: settings.startForMs,
      onWait: (why) => logger.warn({ why }, "the broker lets the service not start yet; it is asked again"),
    });
    service = running;
    logger.info({ url: running.url, slot }, "running");
    const stop = (): void => void running.stop();
    process.once("SIGTERM", stop);
    process.once("SIGINT", stop);
    await running.done;
    await running.stop();
    return 0;
  } catch (error) {
    const known = error instanceof RetriableError ? notDone(error) : error;
    if (known instanceof WeirError) logger.fatal({ problem: known.problem }, known.problem.what);
    else logger.fatal({ err: known }, "cannot go on");
    const code = known instanceof WeirError ? known.exitCode : 1;
    setTimeout(() => exit(code), END_LIMIT_MS).unref();
    await service?.stop().catch(() => {}); // why it cannot go on has been told
    return code;
  }
}

function connectionOf({ brokers, environment, pipeline }: ServiceSettings, env: Environment): Connection {
  return chooseConnection({ brokers: brokers.length === 0 ? null : brokers.join(","), environment, folder: pipeline, env });
}
