import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream } from "node:fs";
import path from "node:path";
import { ROOT } from "./command.ts";

export interface FleetProcess {
  /** Place in its group; names its log too. */
  readonly slot: string;
  /** Source to run, from the top of the repository; or, where `command` is given, what the process is called. */
  readonly script: string;
  readonly args?: readonly string[];
  /** Something else than a source of ours: a program, which SIGTERM may end in its own way. */
  readonly command?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Number of the only processor that it may run on, by `taskset`; absent: all. */
  readonly core?: number;
}

export interface Fleet {
  /** Processes that run at this moment. */
  readonly live: readonly FleetProcess[];
  /** Parallel to `live`. */
  pids(): readonly number[];
  /** Throws if a process ended by itself. */
  assertAlive(): void;
  /** `kill -9`, then a new process in the same slot. */
  killAndRestart(index: number): Promise<void>;
  /** SIGTERM to all; rejects if one that ran does not end by itself with code 0. */
  stop(): Promise<void>;
  /** `kill -9` to all: for when something else has failed already. */
  kill(): Promise<void>;
}

export interface FleetOptions {
  readonly pipeline: string;
  readonly address: string;
  readonly processes: readonly FleetProcess[];
  /** Folder for the logs of the processes. */
  readonly logs: string;
  /** Run what `tsc -b` has made of the sources, as the image does; else the sources themselves. */
  readonly isBuilt?: boolean;
}

const STOP_LIMIT_MS = 20_000;

/** What a service logs when it takes signals; until then SIGTERM ends it as it ends any program. */
const TAKES_SIGNALS = '"msg":"running"';
const taking = new WeakSet<ChildProcess>();

/** Has the process said that it takes signals? */
export function takesSignals(child: ChildProcess): boolean {
  return taking.has(child);
}

/** A service as a process of its own. */
export function serviceIn(service: "ingest" | "gate" | "inference" | "router" | "monitor", slot: string): FleetProcess {
  return { slot, script: `services/${service}/src/main.ts` };
}

/** Processes of their own, the way a deployment starts them. */
export function startFleet(options: FleetOptions): Fleet {
  const { processes, logs } = options;
  const start = (described: FleetProcess): ChildProcess => startProcess(described, options);
  const children = processes.map(start);
  const assertAlive = (): void => {
    const gone = children.findIndex((child) => child.exitCode !== null || child.signalCode !== null);
    if (gone >= 0)
      throw new Error(
        `${processes[gone]?.slot} ended by itself with ${children[gone]?.exitCode ?? children[gone]?.signalCode}; see its log in ${logs}`,
      );
  };
  return {
    live: processes,
    pids: () => children.map((child) => child.pid ?? 0),
    assertAlive,
    killAndRestart: async (index) => {
      const [child, described] = [children[index], processes[index]];
      if (!child || !described) throw new Error(`there is no process ${index}`);
      assertAlive();
      await ended(child, "SIGKILL");
      children[index] = start(described);
    },
    stop: async () => {
      const all = children.map((child) => ({ child, wasRunning: takesSignals(child) }));
      const codes = await Promise.all(all.map(({ child }) => ended(child, "SIGTERM")));
      const fine = (code: unknown, i: number): boolean => code === 0 || (code === "SIGTERM" && all[i]?.wasRunning === false);
      const wrong = codes.findIndex((code, i) => !fine(code, i) && processes[i]?.command === undefined);
      if (wrong >= 0) throw new Error(`${processes[wrong]?.slot} ended with ${String(codes[wrong])}; see its log in ${logs}`);
    },
    kill: async () => {
      await Promise.all(children.map((child) => ended(child, "SIGKILL")));
    },
  };
}

/** Where a process belongs. */
export type ProcessPlace = Pick<FleetOptions, "pipeline" | "address" | "logs" | "isBuilt">;

const NODE_FLAGS = ["--initial-old-space-size=256", "--single-threaded-gc"];
const TYPESCRIPT = ["--import", "tsx"];

function nodeArgs(script: string, isBuilt: boolean): string[] {
  const file = path.join(ROOT, script);
  if (!isBuilt) return [...NODE_FLAGS, "--conditions=weir-source", ...TYPESCRIPT, file];
  if (script.startsWith("test/")) return [...NODE_FLAGS, ...TYPESCRIPT, file]; // is not built itself, and finds the packages that are
  return [...NODE_FLAGS, file.replace("/src/", "/dist/").replace(/\.ts$/, ".js")];
}

export function startProcess(
  { slot, script, args = [], command, env, core }: FleetProcess,
  { pipeline, address, logs, isBuilt = false }: ProcessPlace,
): ChildProcess {
  const [program, own] = command ? [command, args] : [process.execPath, [...nodeArgs(script, isBuilt), ...args]];
  const [file, all] = core === undefined ? [program, own] : ["taskset", ["-c", String(core), program, ...own]];
  const child = spawn(file, all, {
    cwd: ROOT,
    env: {
      ...process.env,
      WEIR_PIPELINE: pipeline,
      WEIR_KAFKA: address,
      WEIR_SLOT: slot,
      WEIR_PORT: "0",
      WEIR_TRANSACTION_TIMEOUT_MS: "10000",
      NODE_ENV: "production",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log = createWriteStream(path.join(logs, `${slot}.log`), { flags: "a" });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  child.stderr?.on("data", (piece: Buffer) => void (piece.includes(TAKES_SIGNALS) && taking.add(child)));
  child.once("close", () => log.end());
  return child;
}

/** Sends the signal and waits for the end: exit code, or the signal that ended it. */
export function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | string | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode ?? child.signalCode);
  return new Promise((resolve) => {
    const hard = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
    child.once("exit", (code, by) => {
      clearTimeout(hard);
      resolve(code ?? by);
    });
    child.kill(signal);
  });
}
