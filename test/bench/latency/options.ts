import { systemsOf, type System } from "../options.ts";
import { WORKLOADS } from "../workloads/workloads.ts";
import type { Plan } from "./plan.ts";

/** What `npm run bench -- --latency` was asked for. */
export interface LatencyOptions extends Plan {
  /** Folder for the results; what is in it already is kept and not measured again. */
  readonly out: string;
}

const DEFAULT_SYSTEMS: readonly System[] = ["weir-pass", "weir-fused", "weir-services", "streams-tuned", "java-hand", "flink-tuned"];
const SYSTEMS = systemsOf(WORKLOADS[0]);
const DEFAULT_RATE = 20_000;
const DEFAULT_SECONDS = 30;
const DEFAULT_OUT = "bench-latency";

/** Milliseconds from one commit to the next that are tried; the others take no such setting. */
const SETTINGS: Partial<Record<System, readonly number[]>> = {
  "weir-pass": [5, 10, 20],
  "weir-fused": [5, 10, 20],
  "weir-at-least-once": [5, 10, 20],
  "weir-services": [5, 10, 20],
  "streams-tuned": [5, 10, 20, 50],
  "java-hand": [0, 5, 10, 20],
  "flink-tuned": [20, 50, 100, 200],
};

export const USAGE =
  "npm run bench --silent -- --latency [--systems A,B,…] [--rate N | --rates N,N,…] [--seconds N] [--commit MS,MS,…] [--out DIR]";

/** @throws {Error} that says how to call it. */
export function parseLatencyOptions(args: readonly string[]): LatencyOptions {
  let options: LatencyOptions = {
    systems: DEFAULT_SYSTEMS,
    rates: [DEFAULT_RATE],
    seconds: DEFAULT_SECONDS,
    out: DEFAULT_OUT,
    settings: (system) => SETTINGS[system] ?? [null],
  };
  const rest = [...args];
  for (let flag = rest.shift(); flag !== undefined; flag = rest.shift()) {
    if (flag === "--latency") continue;
    const value = rest.shift() ?? "";
    if (flag === "--systems") options = { ...options, systems: value.split(",").map(systemOf) };
    else if (flag === "--rate" || flag === "--rates") options = { ...options, rates: wholes(flag, value, 1).toSorted((a, b) => a - b) };
    else if (flag === "--seconds") options = { ...options, seconds: wholes(flag, value, 1)[0]! }; // `wholes` gives at least one
    else if (flag === "--commit") options = { ...options, settings: settingsFrom(wholes(flag, value, 0)) };
    else if (flag === "--out" && value !== "") options = { ...options, out: value };
    else throw new Error(`${flag} ${value} is not known\nusage: ${USAGE}`);
  }
  return options;
}

function settingsFrom(settings: readonly number[]): Plan["settings"] {
  return (system) => (SETTINGS[system] === undefined ? [null] : settings);
}

function systemOf(name: string): System {
  const system = SYSTEMS.find((s) => s === name);
  if (system === undefined) throw new Error(`there is no system "${name}", only ${SYSTEMS.join(", ")}\nusage: ${USAGE}`);
  return system;
}

function wholes(flag: string, text: string, least: number): number[] {
  const values = text.split(",").map((part) => (part === "" ? NaN : Number(part)));
  if (values.some((value) => !Number.isSafeInteger(value) || value < least))
    throw new Error(`${flag} takes whole numbers from ${least}, not "${text}"\nusage: ${USAGE}`);
  return values;
}
