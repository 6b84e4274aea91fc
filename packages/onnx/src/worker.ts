import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import type { NativeOptions, NativeScores } from "./native.ts";

export interface WorkerSetup extends NativeOptions {
  readonly bytes: Uint8Array;
}

export interface WorkerJob {
  readonly features: Float32Array<ArrayBuffer>;
  readonly rows: number;
}

export type WorkerAnswer =
  | { readonly kind: "ready" }
  | { readonly kind: "scores"; readonly values: Float32Array | Float64Array; readonly width: number }
  | { readonly kind: "error"; readonly message: string };

/** The run took longer than its limit; the thread that ran it is gone. */
export class RunTimeout extends Error {}

/** One thread that runs the model, started anew after it was ended. */
export interface ModelWorker {
  /** One run at a time. The features are given away. */
  run(features: Float32Array<ArrayBuffer>, rows: number): Promise<NativeScores>;
  close(): Promise<void>;
}

const START_LIMIT_MS = 30_000;

/** Run from source the entry is TypeScript, which a thread has to be taught to read. */
const FROM_SOURCE: boolean = import.meta.url.endsWith(".ts");
const ENTRY: URL = new URL(FROM_SOURCE ? "./worker-entry.ts" : "./worker-entry.js", import.meta.url);

export function createWorker(setup: WorkerSetup, runLimitMs: number): ModelWorker {
  let started: Promise<Worker> | null = null;
  let last: Promise<unknown> = Promise.resolve();
  const perform = async (job: WorkerJob): Promise<NativeScores> => {
    const worker = await (started ??= startWorker(setup));
    worker.ref();
    try {
      const answer = await exchange(worker, job, runLimitMs);
      worker.unref();
      if (answer.kind === "scores") return answer;
      throw new Error(answer.kind === "error" ? answer.message : "the worker started twice");
    } catch (error) {
      if (error instanceof RunTimeout || error instanceof WorkerGone) started = null;
      throw error;
    }
  };
  return {
    run: (features, rows) => {
      const run = last.then(() => perform({ features, rows }));
      last = run.catch(() => undefined);
      return run;
    },
    close: async () => {
      await last;
      await (await started?.catch(() => undefined))?.terminate();
      started = null;
    },
  };
}

/** The thread ended by itself. */
class WorkerGone extends Error {}

async function startWorker(setup: WorkerSetup): Promise<Worker> {
  const worker = new Worker(ENTRY, { workerData: setup, execArgv: FROM_SOURCE ? ["--import", pathToFileURL(createRequire(ENTRY).resolve("tsx")).href] : [] });
  const answer = await exchange(worker, null, START_LIMIT_MS);
  if (answer.kind === "ready") {
    worker.unref();
    return worker;
  }
  void worker.terminate();
  throw new Error(answer.kind === "error" ? `a worker cannot open the model: ${answer.message}` : "a worker answered before it was asked");
}

/** Posts a job, if there is one, and waits for the next message. A thread that is late is ended, whatever it is doing. */
function exchange(worker: Worker, job: WorkerJob | null, limitMs: number): Promise<WorkerAnswer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      settle();
      // Native code is not interrupted: the thread ends as soon as the runtime returns, and nobody waits for it.
      worker.unref();
      void worker.terminate();
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
    const onExit = (code: number): void => {
      settle();
      reject(new WorkerGone(`the worker ended with code ${code}`));
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
    if (job) worker.postMessage(job, [job.features.buffer]);
  });
}
