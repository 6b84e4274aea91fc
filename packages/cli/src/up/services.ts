import {
  systemClock,
  createLogger,
  fuse,
  readableLog,
  runStageService,
  type BuildStage,
  type Connection,
  type LoadedPipeline,
  type MissingOffsets,
  type RunningService,
  type ServiceContext,
} from "@weir/service";
import type { StageType } from "@weir/pipeline";
import { buildStage as buildGate, run as runGate } from "@weir/gate";
import { buildStage as buildInference, run as runInference } from "@weir/inference";
import { run as runIngest } from "@weir/ingest";
import { run as runMonitor, type RunningMonitor } from "@weir/monitor";
import { buildStage as buildRouter, run as runRouter } from "@weir/router";
import { WeirError } from "@weir/record";
import { connect } from "../connect.ts";

export const SERVICES = ["ingest", "gate", "inference", "router", "monitor"] as const;
export type ServiceName = (typeof SERVICES)[number];

export const BUILDERS: ReadonlyMap<StageType, BuildStage> = new Map<StageType, BuildStage>([
  ["gate", buildGate],
  ["inference", buildInference],
  ["router", buildRouter],
]);

export interface ServicesOptions {
  readonly loaded: LoadedPipeline;
  readonly connection: Connection;
  readonly names: readonly ServiceName[];
  readonly fused: boolean;
  /** Where they listen. */
  readonly host: string;
  /** Port of ingest; the others follow in their order; 0: any free port. */
  readonly port: number;
  readonly slotOf: (service: string) => string;
  readonly transactionTimeoutMs: number;
  readonly missingOffsets?: MissingOffsets;
  readonly logLevel: string;
}

export interface RunningServices {
  readonly services: readonly RunningService[];
  readonly monitor: RunningMonitor | null;
  /** First fault of any of them. */
  failed(): Error | null;
  readonly done: Promise<void>;
  stop(): Promise<void>;
}

/** Starts services one after the other; if one cannot start, those before it are stopped. */
export async function startServices(options: ServicesOptions): Promise<RunningServices> {
  const services: RunningService[] = [];
  let failure: Error | null = null;
  let monitor: RunningMonitor | null = null;
  const stop = async (): Promise<void> => {
    await Promise.all(services.map((s) => s.stop()));
  };
  try {
    for (const name of options.names) {
      if (options.fused && (name === "inference" || name === "router")) continue; // part of the gate's chain
      const service = await startOne(name, options);
      services.push(service);
      if (name === "monitor") monitor = service as RunningMonitor; // `startOne` made it by the monitor's own `run`
      service.done.catch((error: unknown) => {
        failure ??= error instanceof Error ? error : new Error(String(error));
      });
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const done = Promise.all(services.map((s) => s.done)).then(() => {});
  done.catch(() => {}); // told by `failed` to whoever does not wait for the end
  return { services, monitor, failed: () => failure, done, stop };
}

function startOne(name: ServiceName, options: ServicesOptions): Promise<RunningService> {
  const context = contextOf(name, options);
  switch (name) {
    case "ingest":
      return runIngest(context);
    case "monitor":
      return runMonitor(context);
    case "gate":
      return options.fused ? runStageService("fused", context, fusedChains(options.loaded), BUILDERS) : runGate(context);
    case "inference":
      return runInference(context);
    case "router":
      return runRouter(context);
  }
}

function fusedChains({ pipeline, topology }: LoadedPipeline): string[][] {
  return fuse(topology, (id) => {
    const stage = pipeline.stages.get(id);
    return stage?.type === "gate"; // it may have windows, or read what the stage before it has added
  });
}

function contextOf(name: ServiceName, options: ServicesOptions): ServiceContext {
  return {
    loaded: options.loaded,
    clock: systemClock,
    connect: async (client) => readableLog(await connect(options.connection, client), options.loaded),
    logger: createLogger({ level: options.logLevel, service: name }),
    slot: options.slotOf(name),
    listen: { host: options.host, port: options.port === 0 ? 0 : options.port + SERVICES.indexOf(name) },
    transactionTimeoutMs: options.transactionTimeoutMs,
    missingOffsets: options.missingOffsets ?? "stop",
  };
}

export function serviceNames(given: readonly string[]): ServiceName[] {
  const known: readonly string[] = SERVICES;
  const unknown = given.find((n) => !known.includes(n));
  if (unknown !== undefined) {
    throw new WeirError(
      { code: "WEIR-6005", what: `there is no service ${unknown}`, fix: `name some of ${SERVICES.join(", ")}` },
      { exitCode: 2 },
    );
  }
  return SERVICES.filter((n) => given.includes(n));
}
