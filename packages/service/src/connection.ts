import { readFileSync } from "node:fs";
import path from "node:path";
import { formatProblem, parseEnvironment, type EnvironmentFile, type KafkaEnvironment, type RegistryEnvironment } from "@weir/pipeline";
import { WeirError } from "@weir/record";
import type { Environment } from "./settings.ts";

/** Where the broker is and how one speaks to it. */
export interface Connection {
  readonly brokers: readonly string[];
  /** Read anew every time, so that rotated secrets are used for the next connection. */
  readonly security: () => Pick<KafkaEnvironment, "tls" | "sasl">;
}

export interface ConnectionChoice {
  /** Bootstrap addresses as a flag or `WEIR_KAFKA` tells them; null: those of the environment file. */
  readonly brokers: string | null;
  /** Name of an environment (`env/<name>.yaml` of the pipeline's folder) or a file; null: none. */
  readonly environment: string | null;
  /** The pipeline's folder. */
  readonly folder: string | null;
  readonly env: Environment;
  /** Where nothing is said. */
  readonly fallback?: string;
}

/** A broker that we started ourselves: plain, on a loopback address. */
export function plainConnection(brokers: string): Connection {
  return { brokers: addressesOf(brokers), security: () => ({}) };
}

/**
 * Flag or variable first, then the environment file, then the fallback; security is said in the file alone.
 * @throws {WeirError} WEIR-5111 there is no such file, WEIR-5112 it is wrong (every problem), both with exit code 3
 */
export function chooseConnection({ brokers, environment, folder, env, fallback }: ConnectionChoice): Connection {
  const told = brokers === null ? [] : addressesOf(brokers);
  if (environment === null) return { ...plainConnection(fallback ?? ""), ...(told.length > 0 && { brokers: told }) };
  const file = fileOf(environment, folder);
  let last = readEnvironment(file, env).kafka;
  const named = told.length > 0 ? told : last.brokers;
  return {
    brokers: named.length > 0 ? named : addressesOf(fallback ?? ""),
    security: () => {
      try {
        last = readEnvironment(file, env).kafka;
      } catch (error) {
        // Somebody is just writing it: what was good a moment ago is tried, and the broker has the last word.
        if (!(error instanceof WeirError)) throw error;
      }
      return last;
    },
  };
}

/**
 * Where the schema registry is, and who asks it: `WEIR_SCHEMA_REGISTRY` tells the URL, the environment file the rest. Null: nobody says.
 * @throws {WeirError} as `chooseConnection`, and WEIR-5102 where the URL is none
 */
export function chooseRegistry({
  environment,
  folder,
  env,
}: Pick<ConnectionChoice, "environment" | "folder" | "env">): (() => RegistryEnvironment) | null {
  const told = env["WEIR_SCHEMA_REGISTRY"] || undefined;
  if (told !== undefined && !/^https?:\/\/[^\s@?#]+$/.test(told)) throw noRegistry();
  if (environment === null) return told === undefined ? null : () => ({ url: told });
  const file = fileOf(environment, folder);
  const read = (): RegistryEnvironment | undefined => readEnvironment(file, env).schemaRegistry;
  let last = read();
  const url = told ?? last?.url;
  if (url === undefined) return null;
  return () => {
    try {
      last = read();
    } catch (error) {
      if (!(error instanceof WeirError)) throw error; // as of the broker: somebody is just writing it
    }
    return { ...last, url };
  };
}

function readEnvironment(file: string, env: Environment): EnvironmentFile {
  const text = textOf(file);
  if (text === null) throw noEnvironment(file);
  const readText = (name: string): string | null => textOf(path.resolve(path.dirname(file), name));
  const { environment, problems } = parseEnvironment(text, file, { env, readText });
  if (environment !== null) return environment;
  throw new WeirError(
    {
      code: "WEIR-5112",
      what: "the environment file is wrong",
      where: file,
      why: problems.map(formatProblem).join("\n         "),
      fix: "correct what is named; weir explain CODE says more",
    },
    { exitCode: 3 },
  );
}

/** The value is not shown: it may have a password in it. */
function noRegistry(): WeirError {
  return new WeirError(
    {
      code: "WEIR-5102",
      what: "WEIR_SCHEMA_REGISTRY is wrong",
      where: "environment, WEIR_SCHEMA_REGISTRY",
      why: "it is no http or https URL without user, query and fragment",
      fix: "set it to one like https://registry:8081; username, password and token are said in the environment file",
    },
    { exitCode: 2 },
  );
}

function noEnvironment(file: string): WeirError {
  return new WeirError(
    {
      code: "WEIR-5111",
      what: "there is no such environment",
      where: file,
      why: "the file does not exist or may not be read",
      fix: "name a file of the pipeline's folder env/ without its .yaml, or give a path that ends in .yaml",
    },
    { exitCode: 3 },
  );
}

function fileOf(environment: string, folder: string | null): string {
  return /\.ya?ml$/.test(environment) ? path.resolve(environment) : path.resolve(folder ?? ".", "env", `${environment}.yaml`);
}

function addressesOf(text: string): string[] {
  return text
    .split(",")
    .map((b) => b.trim())
    .filter((b) => b !== "");
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
