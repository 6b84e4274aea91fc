import { createKafkaLog } from "@weir/kafka";
import type { RegistryEnvironment } from "@weir/pipeline";
import type { Log } from "@weir/stream";
import { createSchemaRegistry } from "@weir/schema-registry";
import {
  chooseConnection,
  chooseRegistry,
  loadPipeline,
  withRegistry,
  type Connection,
  type Environment,
  type LoadedPipeline,
} from "@weir/service";

/** Where `weir up` listens unless it is told otherwise. */
export const DEFAULT_BROKER = "127.0.0.1:19092";

/** Flags of every command that speaks to a broker. */
export interface BrokerFlags {
  readonly broker?: string | undefined;
  readonly env?: string | undefined;
  readonly pipeline?: string | undefined;
}

/** Flag, then WEIR_KAFKA if it is an address, then the environment file, then the broker that `weir up` starts. */
export function connectionOf(flags: BrokerFlags, env: Environment): Connection {
  const set = flags.broker ?? env["WEIR_KAFKA"];
  const own = set === undefined || set === "" || set === "embedded" || set === "testcontainers";
  return chooseConnection({
    brokers: own ? null : set,
    environment: environmentOf(flags, env),
    folder: flags.pipeline ?? null,
    env,
    fallback: DEFAULT_BROKER,
  });
}

/** The schema registry that is named, by WEIR_SCHEMA_REGISTRY or the environment file; null: none is. */
export function registryOf(flags: BrokerFlags, env: Environment): (() => RegistryEnvironment) | null {
  return chooseRegistry({ environment: environmentOf(flags, env), folder: flags.pipeline ?? null, env });
}

/** The pipeline with the registry that its records need, for commands that run its stages. */
export function loadRunnable(folder: string, flags: BrokerFlags, env: Environment): LoadedPipeline {
  return withRegistry(loadPipeline(folder, env), { environment: environmentOf(flags, env), env }, createSchemaRegistry);
}

export function connect(to: Connection, clientId: string): Promise<Log> {
  return createKafkaLog({ ...to, clientId: `weir-${clientId}` });
}

function environmentOf(flags: BrokerFlags, env: Environment): string | null {
  return flags.env ?? (env["WEIR_ENV"] || null);
}
