import { PEERS, type Peer } from "./peers.ts";
import type { NamedWorkload } from "./workloads/named-workload.ts";
import { WORKLOADS } from "./workloads/workloads.ts";

/** What `npm run bench` was asked for. */
export interface BenchOptions {
  readonly workload: NamedWorkload;
  readonly systems: readonly System[];
  /** Records that a system is given in one run. */
  readonly records: Records;
  readonly runs: number;
  readonly json: boolean;
  /** Kill a process of the system so often; null: leave them alone. */
  readonly killEveryMs: number | null;
  /** Folder for the results: lines of JSON, a table, a plot. Null: none are kept. */
  readonly out: string | null;
  /** Measure again what the folder has already. */
  readonly again: boolean;
}

export const OURS = [
  "weir-pass",
  "weir-fused",
  "weir-minimal",
  "weir-stored",
  "weir-at-least-once",
  "weir-services",
  "weir-services-stored",
] as const;
export type Ours = (typeof OURS)[number];
export type System = Ours | Peer;
export const SYSTEMS: readonly System[] = [...OURS, ...PEERS];

export type Records = Partial<Readonly<Record<System, number>>>;

/** `--quick`: about forty minutes. With fewer records the compilers of the first seconds would count even more. */
const QUICK_SHARE = 0.5;
const QUICK_RUNS = 3;
/** Below it the start of the processes is all there is to see. */
const LEAST_RECORDS = 100_000;
/** A process needs some seconds to start. */
const LEAST_KILL_SECONDS = 5;

const USAGE = `npm run bench --silent -- [--workload ${WORKLOADS.map(({ name }) => name).join("|")}] [--json] [--records N] [--systems ${SYSTEMS.join(",")}] [--runs N] [--quick] [--kill-every SECONDS] [--out DIR] [--again]
       npm run bench --silent -- --growth [--axes …] [--out DIR]
       npm run bench --silent -- --latency [--systems …] [--rates …] [--out DIR]`;

/** @throws {Error} that says how to call it. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { workload, rest } = workloadIn(args);
  let options: BenchOptions = {
    ...{ workload, systems: workload.usual, records: workload.records },
    ...{ runs: 1, json: false, killEveryMs: null, out: null, again: false },
  };
  for (let flag = rest.shift(); flag !== undefined; flag = rest.shift()) {
    if (flag === "--json") options = { ...options, json: true };
    else if (flag === "--quick")
      options = {
        ...options,
        systems: systemsOf(workload),
        runs: QUICK_RUNS,
        records: recordsOf(workload, (usual) => QUICK_SHARE * usual),
      };
    else if (flag === "--records") {
      const records = whole(flag, rest.shift(), LEAST_RECORDS);
      options = { ...options, records: recordsOf(workload, () => records) };
    } else if (flag === "--kill-every") options = { ...options, killEveryMs: 1000 * whole(flag, rest.shift(), LEAST_KILL_SECONDS) };
    else if (flag === "--runs") options = { ...options, runs: whole(flag, rest.shift(), 1) };
    else if (flag === "--systems") options = { ...options, systems: systemsIn(rest.shift() ?? "", workload) };
    else if (flag === "--again") options = { ...options, again: true };
    else if (flag === "--out") options = { ...options, out: rest.shift() ?? "bench-results" };
    else throw new Error(`${flag} is not known\nusage: ${USAGE}`);
  }
  return options;
}

/** The workload that is named anywhere among the arguments, and the other arguments: some of them mean what it says. */
function workloadIn(args: readonly string[]): { workload: NamedWorkload; rest: string[] } {
  const at = args.indexOf("--workload");
  if (at < 0) return { workload: WORKLOADS[0], rest: [...args] };
  const name = args[at + 1] ?? "";
  const workload = WORKLOADS.find((w) => w.name === name);
  if (workload === undefined) throw new Error(`there is no workload "${name}"\nusage: ${USAGE}`);
  return { workload, rest: args.toSpliced(at, 2) };
}

/** Those that can do it, in the order of all systems. */
export function systemsOf({ records }: NamedWorkload): System[] {
  return SYSTEMS.filter((system) => records[system] !== undefined);
}

function recordsOf(workload: NamedWorkload, records: (usual: number) => number): Records {
  return Object.fromEntries(systemsOf(workload).map((system) => [system, records(workload.records[system]!)])); // those that have some
}

function whole(flag: string, text: string | undefined, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least)
    throw new Error(`${flag} takes a whole number from ${least}, not "${text ?? ""}"\nusage: ${USAGE}`);
  return value;
}

function systemsIn(text: string, workload: NamedWorkload): System[] {
  const able = systemsOf(workload);
  if (text === "all") return able;
  return text.split(",").map((name) => {
    const system = SYSTEMS.find((s) => s === name);
    if (system === undefined) throw new Error(`there is no system "${name}"\nusage: ${USAGE}`);
    if (!able.includes(system)) throw new Error(`${system} cannot do ${workload.name}, only ${able.join(", ")} can`);
    return system;
  });
}
