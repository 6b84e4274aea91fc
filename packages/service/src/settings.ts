import type { Problem } from "@weir/record";

/** What a service process is told by its environment. */
export interface ServiceSettings {
  /** Folder of the pipeline. */
  readonly pipeline: string;
  /** Bootstrap addresses; empty: those of the environment file. */
  readonly brokers: readonly string[];
  /** Name or file of the environment; null: none. */
  readonly environment: string | null;
  /** Place in the group that this process fills; null: a fresh one with every start. */
  readonly slot: string | null;
  readonly host: string;
  readonly port: number;
  readonly logLevel: string;
  readonly transactionTimeoutMs: number;
  /** How long a start is tried again while the broker is away. */
  readonly startForMs: number;
  /** What to do where the committed offset is gone from the topic. */
  readonly missingOffsets: MissingOffsets;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export type MissingOffsets = "stop" | "earliest" | "latest";
const MISSING_OFFSETS: readonly MissingOffsets[] = ["stop", "earliest", "latest"];

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "silent"];

/** Reads `WEIR_*`; reports everything that is wrong at once. */
export function parseSettings(
  env: Environment,
  defaults: { readonly port: number },
): { readonly settings: ServiceSettings | null; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const wrong = (name: string, why: string, fix: string): void =>
    void problems.push({ code: "WEIR-5102", what: `${name} is wrong`, where: `environment, ${name}`, why, fix });
  const number = (name: string, fallback: number, min: number, max: number): number => {
    const text = env[name];
    const value = text === undefined || text === "" ? fallback : Number(text);
    if (!Number.isInteger(value) || value < min || value > max)
      wrong(name, `"${text}" is not a whole number from ${min} to ${max}`, `set it to such a number or leave it out (${fallback})`);
    return value;
  };
  const pipeline = env["WEIR_PIPELINE"] ?? "";
  if (pipeline === "") wrong("WEIR_PIPELINE", "it is not set", "set it to the folder that holds pipeline.yaml");
  const brokers = (env["WEIR_KAFKA"] ?? "")
    .split(",")
    .map((b) => b.trim())
    .filter((b) => b !== "");
  const environment = env["WEIR_ENV"] ?? "";
  if (brokers.length === 0 && environment === "")
    wrong(
      "WEIR_KAFKA",
      "it is not set",
      "set it to HOST:PORT of a broker, several separated by commas, or WEIR_ENV to an environment file",
    );
  for (const broker of brokers)
    if (!/^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/.test(broker))
      wrong("WEIR_KAFKA", `"${broker}" is not HOST:PORT`, "write host and port, like 127.0.0.1:19092");
  const slot = env["WEIR_SLOT"] ?? "";
  if (slot !== "" && !/^[A-Za-z0-9._-]{1,100}$/.test(slot))
    wrong(
      "WEIR_SLOT",
      `"${slot}" has other characters than letters, digits, dot, dash and underscore`,
      "name the slot with those, for example after the pod",
    );
  const logLevel = env["WEIR_LOG"] ?? "info";
  if (!LOG_LEVELS.includes(logLevel)) wrong("WEIR_LOG", `"${logLevel}" is no level`, `use one of ${LOG_LEVELS.join(", ")}`);
  const missing = env["WEIR_MISSING_OFFSETS"] || "stop";
  const missingOffsets = MISSING_OFFSETS.find((m) => m === missing) ?? "stop";
  if (missing !== missingOffsets) wrong("WEIR_MISSING_OFFSETS", `"${missing}" is none of them`, `use one of ${MISSING_OFFSETS.join(", ")}`);
  const settings = {
    missingOffsets,
    pipeline,
    brokers,
    environment: environment === "" ? null : environment,
    slot: slot === "" ? null : slot,
    logLevel,
    host: env["WEIR_HOST"] ?? "127.0.0.1",
    port: number("WEIR_PORT", defaults.port, 0, 65535),
    transactionTimeoutMs: number("WEIR_TRANSACTION_TIMEOUT_MS", 15_000, 1000, 900_000),
    startForMs: number("WEIR_START_FOR_MS", 30_000, 0, 3_600_000),
  };
  return { settings: problems.length === 0 ? settings : null, problems };
}
