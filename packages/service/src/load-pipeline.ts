import { readFileSync } from "node:fs";
import path from "node:path";
import type { Contract } from "@weir/contract";
import {
  formatProblem,
  hasErrors,
  validatePipeline,
  type Pipeline,
  type ResolvedModel,
  type Topology,
  type Validated,
} from "@weir/pipeline";
import { WeirError } from "@weir/record";
import { sha256 } from "./hash.ts";
import type { Environment } from "./settings.ts";
import type { SchemaKeeper } from "./writer-schemas.ts";

/** A pipeline that may run: nothing is wrong with its folder. */
export interface LoadedPipeline {
  readonly folder: string;
  readonly pipeline: Pipeline;
  readonly topology: Topology;
  readonly contract: Contract;
  /** By inference stage. */
  readonly models: ReadonlyMap<string, ResolvedModel>;
  /** By the file that rules name. */
  readonly baselines: Validated["baselines"];
  /** Of records that name schemas in a registry, where one is asked. */
  readonly schemas?: SchemaKeeper;
  /** Bytes of a file of the folder. */
  readBytes(file: string): Uint8Array;
}

/** Everything that can be said of a pipeline's folder without a broker. */
export function checkPipeline(folder: string, env: Environment): Validated {
  const file = path.join(folder, "pipeline.yaml");
  const text = readIfThere(file);
  if (text === null) {
    throw new WeirError(
      {
        code: "WEIR-5103",
        what: "there is no pipeline",
        where: file,
        why: "the file does not exist or may not be read",
        fix: "name the folder that holds pipeline.yaml",
      },
      { exitCode: 3 },
    );
  }
  return validatePipeline({
    file,
    text: text.toString(),
    sha256,
    env,
    readText: (name) => readIfThere(path.resolve(folder, name))?.toString() ?? null,
    readBytes: (name) => readIfThere(path.resolve(folder, name)),
  });
}

/** @throws {WeirError} WEIR-5104 with every problem, exit code 3 */
export function loadPipeline(folder: string, env: Environment): LoadedPipeline {
  const { pipeline, topology, contract, models, baselines, problems } = checkPipeline(folder, env);
  if (!pipeline || !topology || !contract || hasErrors(problems)) {
    throw new WeirError(
      {
        code: "WEIR-5104",
        what: "the pipeline cannot run",
        where: folder,
        why: problems.map(formatProblem).join("\n         "),
        fix: "correct what is named; weir explain CODE says more",
      },
      { exitCode: 3 },
    );
  }
  return { folder, pipeline, topology, contract, models, baselines, readBytes: (file) => readFileSync(path.resolve(folder, file)) };
}

function readIfThere(file: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch {
    return null;
  }
}
