import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream } from "node:fs";
import path from "node:path";

import { ROOT } from "../command.ts";

export interface ServiceProcess {
  readonly service: "ingest" | "gate" | "inference" | "router" | "monitor";
  readonly slot: string;
}

export interface Fleet {
  /** Processes that run at this moment. */
  readonly live: readonly ServiceProcess[];
  /** `kill -9`, then a new process in the same slot. */
  killAndRestart(index: number): Promise<void>;
  /** SIGTERM to all; rejects if one does not end by itself with code 0. */
  stop(): Promise<void>;
}

export interface FleetOptions {
  readonly pipeline: string;
  readonly address: string;
  readonly processes: readonly ServiceProcess[];
  /** Folder for the logs of the processes. */
  readonly logs: string;
}

const STOP_LIMIT_MS = 20_000;

/** Services as processes of their own, the way a deployment starts them. */
export function startFleet({ pipeline, address, processes, logs }: FleetOptions): Fleet {
  const children = processes.map((p) => start(p));
  function start({ service, slot }: ServiceProcess): ChildProcess {
    const child = spawn(process.execPath, ["--conditions=weir-source", "--initial-old-space-size=256", "--import", "tsx", path.join(ROOT, `services/${service}/src/main.ts`)], {
      cwd: ROOT,
      env: { ...process.env, WEIR_PIPELINE: pipeline, WEIR_KAFKA: address, WEIR_SLOT: slot, WEIR_PORT: "0", WEIR_TRANSACTION_TIMEOUT_MS: "10000", NODE_ENV: "production" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const log = createWriteStream(path.join(logs, `${slot}.log`), { flags: "a" });
    child.stdout?.pipe(log);
    child.stderr?.pipe(log);
    return child;
  }
  return {
    live: processes,
    killAndRestart: async (index) => {
      const [child, described] = [children[index], processes[index]];
      if (!child || !described) throw new Error(`there is no process ${index}`);
      if (child.exitCode !== null) throw new Error(`${described.slot} ended by itself with code ${child.exitCode}`);
      await ended(child, "SIGKILL");
      children[index] = start(described);
    },
    stop: async () => {
      const codes = await Promise.all(children.map((child) => ended(child, "SIGTERM")));
      const wrong = codes.findIndex((code) => code !== 0);
      if (wrong >= 0) throw new Error(`${processes[wrong]?.slot} ended with ${String(codes[wrong])}; see its log in ${logs}`);
    },
  };
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
