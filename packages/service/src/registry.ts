import type { SchemaSource } from "@weir/contract";
import type { RegistryEnvironment } from "@weir/pipeline";
import { WeirError } from "@weir/record";
import type { Log } from "@weir/stream";
import { systemClock } from "./clock.ts";
import { chooseRegistry, type ConnectionChoice } from "./connection.ts";
import type { LoadedPipeline } from "./load-pipeline.ts";
import { keepSchemas, withSchemas } from "./writer-schemas.ts";

/** Opens the registry of whoever starts services: its adapter is above this package. */
export type OpenRegistry = (connection: () => RegistryEnvironment) => SchemaSource;

/**
 * The pipeline with the registry that its records need, if they need one.
 * @throws {WeirError} WEIR-5113 they do, and none is named
 */
export function withRegistry(
  loaded: LoadedPipeline,
  choice: Pick<ConnectionChoice, "environment" | "env">,
  open: OpenRegistry,
): LoadedPipeline {
  const { writers } = loaded.contract;
  if (writers === null) return loaded;
  const connection = chooseRegistry({ ...choice, folder: loaded.folder });
  if (connection === null) {
    throw new WeirError(
      {
        code: "WEIR-5113",
        what: "no schema registry is named",
        where: loaded.folder,
        why: "the records are Avro, and name the schemas that they were written with by their ids in one",
        fix: "set WEIR_SCHEMA_REGISTRY to its URL, or schemaRegistry.url in the environment file",
      },
      { exitCode: 3 },
    );
  }
  return { ...loaded, schemas: keepSchemas(writers, open(connection), systemClock) };
}

/** The log as stages of the pipeline may read it. */
export function readableLog(log: Log, { schemas }: LoadedPipeline): Log {
  return schemas === undefined ? log : withSchemas(log, schemas);
}
