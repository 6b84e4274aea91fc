import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { RetriableError } from "@weir/record";
import type { NativeOptions, NativeScores } from "./native.ts";

export interface WorkerSetup extends NativeOptions {
  readonly kind: "setup";
  readonly bytes: Uint8Array;
}

export interface WorkerJob {
  readonly kind: "job";
  readonly features: Float32Array;
  readonly rows: number;
}

export type WorkerAnswer =
  | { readonly kind: "ready" }
  | { readonly kind: "scores"; readonly values: Float32Array | Float64Array; readonly width: number }
  | { readonly kind: "error"; readonly message: string };

/** The run took longer than its limit; the process that ran it is gone. */
export class RunTimeout extends Error {}

/**
 * One process that runs the model, started anew after it was ended. A process, not a thread: the runtime does not stop in
 * the middle of a run, and a thread that is ended meanwhile takes the whole process with it (Napi::Error, abort).
 */
export interface ModelWorker {
  /** Comes up before the first run needs it. @throws {RetriableError} MODEL_WORKER */
  start(): Promise<void>;
  /** One run at a time. The features are copied. */
  run(features: Float32Array, rows: number): Promise<NativeScores>;
  close(): Promise<void>;
}

const START_LIMIT_MS = 30_000;

const FROM_SOURCE: boolean = import.meta.url.endsWith(".ts");
const ENTRY: URL = new URL(FROM_SOURCE ? "./worker-from-source.mjs" : "./worker-entry.js", import.meta.url);

export function createWorker(setup: WorkerSetup, runLimitMs: number): ModelWorker {
  let started: Promise<ChildProcess> | null = null;
  let last: Promise<unknown> = Promise.resolve();
  const start = (): Promise<ChildProcess> => {
    started ??= startWorker(setup).catch((error: unknown) => {
      started = null;
      throw error;
    });
    return started;
  };
  const perform = async (job: WorkerJob): Promise<NativeScores> => {
    const worker = await start();
    hold(worker);
    try {
      const answer = await exchange(worker, job, runLimitMs);
      letGo(worker);
      if (answer.kind === "scores") return answer;
      throw new Error(answer.kind === "error" ? answer.message : "the worker started twice");
    } catch (error) {
      if (error instanceof RunTimeout || error instanceof WorkerGone) started = null;
      throw error;
    }
  };
  return {
    start: async () => void (await start()),
    run: (features, rows) => {
      const run = last.then(() => perform({ kind: "job", features, rows }));
      last = run.catch(() => undefined);
      return run;
    },
    close: async () => {
      await last;
      const worker = await started?.catch(() => undefined);
      started = null;
      if (worker) await end(worker);
    },
  };
}

/** The process ended by itself. */
class WorkerGone extends Error {}

/** @throws {RetriableError} MODEL_WORKER: the process does not come up, which no row is to blame for */
async function startWorker(setup: WorkerSetup): Promise<ChildProcess> {
  const worker = fork(fileURLToPath(ENTRY), { serialization: "advanced", execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const answer = await exchange(worker, setup, START_LIMIT_MS).catch(
    (error: unknown) => ({ kind: "error", message: String(error) }) as const,
  );
  if (answer.kind === "ready") {
    letGo(worker);
    return worker;
  }
  worker.kill("SIGKILL");
  throw new RetriableError(
    "MODEL_WORKER",
    `a worker for the model does not start: ${answer.kind === "error" ? answer.message : "it answered before it was asked"}`,
  );
}

/** An idle worker keeps nobody alive; one that works does. */
function letGo(worker: ChildProcess): void {
  worker.unref();
  worker.channel?.unref();
}

function hold(worker: ChildProcess): void {
  worker.ref();
  worker.channel?.ref();
}

function end(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    worker.once("exit", () => resolve());
    hold(worker);
    worker.kill("SIGKILL");
  });
}

/** Sends a message and waits for the answer. A process that is late is ended, whatever it is doing. */
function exchange(worker: ChildProcess, message: WorkerJob | WorkerSetup, limitMs: number): Promise<WorkerAnswer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      settle();
      worker.kill("SIGKILL");
      reject(new RunTimeout(`the model ran longer than ${limitMs} ms`));
    }, limitMs);
    const onMessage = (answer: WorkerAnswer): void => {
      settle();
      resolve(answer);
    };
    const onError = (error: unknown): void => {
      settle();
      reject(new WorkerGone(`the worker failed: ${error instanceof Error ? error.message : String(error)}`));
    };
    const onExit = (code: number | null, signal: string | null): void => {
      settle();
      reject(new WorkerGone(`the worker ended with ${code === null ? signal : `code ${code}`}`));
    };
    const settle = (): void => {
      clearTimeout(timer);
      worker.off("message", onMessage);
      worker.off("error", onError);
      worker.off("exit", onExit);
    };
    worker.on("message", onMessage);
    worker.on("error", onError);
    worker.on("exit", onExit);
    worker.send(message, (error) => error && onError(error));
  });
}
