import { openNative, type Native } from "./native.ts";
import type { WorkerAnswer, WorkerJob, WorkerSetup } from "./worker.ts";

/** A process with a session of its own: opens the model it is sent, then answers one job after the other. */
let native: Native | null = null;

process.on("message", (message: WorkerSetup | WorkerJob) => {
  serve(message).then(
    (answer) => process.send?.(answer),
    (error: unknown) =>
      process.send?.({ kind: "error", message: error instanceof Error ? error.message : String(error) } satisfies WorkerAnswer),
  );
});
process.on("disconnect", () => process.exit());
process.on("SIGINT", () => undefined); // Ctrl-C reaches the whole group; whoever started this process ends it

async function serve(message: WorkerSetup | WorkerJob): Promise<WorkerAnswer> {
  if (message.kind === "setup") {
    native = await openNative(message.bytes, message);
    return { kind: "ready" };
  }
  if (!native) throw new Error("there is no model yet");
  return { kind: "scores", ...(await native.run(message.features, message.rows)) };
}
