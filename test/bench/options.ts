import { PEERS, type Peer } from "./peers.ts";

/** What `npm run bench` was asked for. */
export interface BenchOptions {
  readonly systems: readonly System[];
  /** Records that a system is given in one run. */
  readonly records: Readonly<Record<System, number>>;
  readonly runs: number;
  readonly json: boolean;
  /** Kill a process of the system so often; null: leave them alone. */
  readonly killEveryMs: number | null;
  /** Folder for the results: lines of JSON, a table, a plot. Null: none are kept. */
  readonly out: string | null;
  /** Measure again what the folder has already. */
  readonly again: boolean;
}

export const OURS = ["weir-pass", "weir-fused", "weir-services"] as const;
export type Ours = (typeof OURS)[number];
export type System = Ours | Peer;
export const SYSTEMS: readonly System[] = [...OURS, ...PEERS];

/** Enough for a drain of twenty to fifty seconds on two processors: a compiler of the first ten counts less. */
export const RECORDS: Readonly<Record<System, number>> = {
  "weir-pass": 12_000_000,
  "weir-fused": 12_000_000,
  "weir-services": 4_000_000,
  "streams-plain": 1_000_000,
  "streams-tuned": 8_000_000,
  "flink-plain": 800_000,
  "flink-tuned": 8_000_000,
  "java-hand": 12_000_000,
  bytewax: 1_000_000,
  quix: 250_000,
  "kafkajs-each": 100_000,
};
/** `--quick`: so many systems and runs take about twenty minutes. */
const QUICK_SHARE = 0.5;
const QUICK_RUNS = 3;
/** Below it the start of the processes is all there is to see. */
const LEAST_RECORDS = 100_000;
/** A process needs some seconds to start. */
const LEAST_KILL_SECONDS = 5;

const USAGE = `npm run bench --silent -- [--json] [--records N] [--systems ${SYSTEMS.join(",")}] [--runs N] [--quick] [--kill-every SECONDS] [--out DIR] [--again]
       npm run bench --silent -- --growth [--axes …] [--out DIR]
       npm run bench --silent -- --latency [--systems …] [--rates …] [--out DIR]`;

/** @throws {Error} that says how to call it. */
export function parseOptions(args: readonly string[]): BenchOptions {
  let options: BenchOptions = { systems: OURS, records: RECORDS, runs: 1, json: false, killEveryMs: null, out: null, again: false };
  const rest = [...args];
  for (let flag = rest.shift(); flag !== undefined; flag = rest.shift()) {
    if (flag === "--json") options = { ...options, json: true };
    else if (flag === "--quick")
      options = { ...options, systems: SYSTEMS, runs: QUICK_RUNS, records: recordsOf((system) => QUICK_SHARE * RECORDS[system]) };
    else if (flag === "--records") options = { ...options, records: allTheSame(whole(flag, rest.shift(), LEAST_RECORDS)) };
    else if (flag === "--kill-every") options = { ...options, killEveryMs: 1000 * whole(flag, rest.shift(), LEAST_KILL_SECONDS) };
    else if (flag === "--runs") options = { ...options, runs: whole(flag, rest.shift(), 1) };
    else if (flag === "--systems") options = { ...options, systems: systemsIn(rest.shift() ?? "") };
    else if (flag === "--again") options = { ...options, again: true };
    else if (flag === "--out") options = { ...options, out: rest.shift() ?? "bench-results" };
    else throw new Error(`${flag} is not known\nusage: ${USAGE}`);
  }
  return options;
}

function allTheSame(records: number): Record<System, number> {
  return recordsOf(() => records);
}

function recordsOf(records: (system: System) => number): Record<System, number> {
  const sized = { ...RECORDS };
  for (const system of SYSTEMS) sized[system] = records(system);
  return sized;
}

function whole(flag: string, text: string | undefined, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least)
    throw new Error(`${flag} takes a whole number from ${least}, not "${text ?? ""}"\nusage: ${USAGE}`);
  return value;
}

function systemsIn(text: string): System[] {
  const isSystem = (name: string): name is System => SYSTEMS.some((s) => s === name);
  if (text === "all") return [...SYSTEMS];
  return text.split(",").map((name) => {
    if (!isSystem(name)) throw new Error(`there is no system "${name}"\nusage: ${USAGE}`);
    return name;
  });
}
