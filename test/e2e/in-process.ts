import { reportError } from "../../packages/cli/src/output.ts";
import { createProgram } from "../../packages/cli/src/program.ts";
import { Exit } from "../../packages/cli/src/program/shell.ts";
import { startServices, type ServiceName } from "../../packages/cli/src/up/services.ts";
import type { Connection, LoadedPipeline, MissingOffsets } from "@weir/service";
import type { Ran } from "./command.ts";

export { SILENT } from "@weir/stream";
export { createStatusReader } from "../../packages/cli/src/commands/status.ts";
export { isDrained } from "../../packages/cli/src/up/drain.ts";
export { BUILDERS } from "../../packages/cli/src/up/services.ts";

export type HereRan = Ran;

/** A `weir` command in this very process: the same program, without the seconds that a process of its own takes to start. */
export async function weirHere(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const out: string[] = [];
  const notes: string[] = [];
  const output = { data: (line: string) => void out.push(line), note: (line: string) => void notes.push(line) };
  let code = 0;
  try {
    await createProgram({ PATH: process.env["PATH"], HOME: process.env["HOME"], ...env }, output).parseAsync(["node", "weir", ...args]);
  } catch (error) {
    code = error instanceof Exit ? error.code : reportError(error, output);
  }
  return { code, stdout: out.map((l) => `${l}\n`).join(""), stderr: notes.map((l) => `${l}\n`).join("") };
}

export interface ServedHere extends AsyncDisposable {
  /** Why it could not go on; rejects when it stops without a fault. */
  readonly fault: Promise<unknown>;
  /** Where each service listens, by its name. */
  readonly urls: ReadonlyMap<string, string>;
}

/** The named services of a pipeline in this process, as `weir run` starts them. */
export async function serveHere(
  names: readonly ServiceName[],
  loaded: LoadedPipeline,
  connection: Connection,
  more: { readonly missingOffsets?: MissingOffsets; readonly fused?: boolean } = {},
): Promise<ServedHere> {
  const running = await startServices({
    loaded,
    connection,
    names,
    fused: false,
    host: "127.0.0.1",
    port: 0,
    logLevel: "silent",
    transactionTimeoutMs: 10_000,
    ...more,
    slotOf: (service) => `here-${service}`,
  });
  const fault = running.done.then(
    () => Promise.reject(new Error("it stopped without a fault")),
    (error: unknown) => error,
  );
  fault.catch(() => {}); // only who asks wants to know
  return { fault, urls: new Map(running.services.map((s) => [s.name, s.url])), [Symbol.asyncDispose]: () => running.stop() };
}
