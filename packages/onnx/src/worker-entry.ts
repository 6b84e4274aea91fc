import { parentPort, workerData } from "node:worker_threads";
import { openNative } from "./native.ts";
import type { WorkerAnswer, WorkerJob, WorkerSetup } from "./worker.ts";

/** A thread with a session of its own: says ready, then answers one job after the other. */
async function serve(setup: WorkerSetup, answer: (message: WorkerAnswer, transfer?: ArrayBuffer[]) => void): Promise<void> {
  const native = await openNative(setup.bytes, setup);
  parentPort?.on("message", ({ features, rows }: WorkerJob) => {
    native.run(features, rows).then(
      ({ values, width }) => {
        const own = values.slice(); // the runtime's buffer cannot be given away
        answer({ kind: "scores", values: own, width }, [own.buffer]);
      },
      (error: unknown) => answer({ kind: "error", message: textOf(error) }),
    );
  });
  answer({ kind: "ready" });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const answer = (message: WorkerAnswer, transfer: ArrayBuffer[] = []): void => parentPort?.postMessage(message, transfer);
serve(workerData as WorkerSetup, answer).catch((error: unknown) => answer({ kind: "error", message: textOf(error) }));
