import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream } from "node:fs";
import path from "node:path";
import { ROOT } from "./command.ts";

export interface FleetProcess {
  /** Place in its group; names its log too. */
  readonly slot: string;
  /** Source to run, from the top of the repository. */
  readonly script: string;
  readonly args?: readonly string[];
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
  /** SIGTERM to all; rejects if one does not end by itself with code 0. */
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
}

const STOP_LIMIT_MS = 20_000;

/** A service as a process of its own. */
export function serviceIn(service: "ingest" | "gate" | "inference" | "router" | "monitor", slot: string): FleetProcess {
  return { slot, script: `services/${service}/src/main.ts` };
}

/** Processes of their own, the way a deployment starts them. */
export function startFleet(options: FleetOptions): Fleet {
  const { processes, logs } = options;
  const children = processes.map((p) => start(p, options));
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
      children[index] = start(described, options);
    },
    stop: async () => {
      const codes = await Promise.all(children.map((child) => ended(child, "SIGTERM")));
      const wrong = codes.findIndex((code) => code !== 0);
      if (wrong >= 0) throw new Error(`${processes[wrong]?.slot} ended with ${String(codes[wrong])}; see its log in ${logs}`);
    },
    kill: async () => {
      await Promise.all(children.map((child) => ended(child, "SIGKILL")));
    },
  };
}

function start({ slot, script, args = [] }: FleetProcess, { pipeline, address, logs }: FleetOptions): ChildProcess {
  const child = spawn(
    process.execPath,
    [
      "--conditions=weir-source",
      "--initial-old-space-size=256",
      "--single-threaded-gc",
      "--import",
      "tsx",
      path.join(ROOT, script),
      ...args,
    ],
    {
      cwd: ROOT,
      env: {
        ...process.env,
        WEIR_PIPELINE: pipeline,
        WEIR_KAFKA: address,
        WEIR_SLOT: slot,
        WEIR_PORT: "0",
        WEIR_TRANSACTION_TIMEOUT_MS: "10000",
        NODE_ENV: "production",
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const log = createWriteStream(path.join(logs, `${slot}.log`), { flags: "a" });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  child.once("close", () => log.end());
  return child;
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | string | null> {
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
