import type { Connection, Environment } from "@weir/service";
import type { Log } from "@weir/stream";
import type { Command, CommanderError } from "commander";
import { connect } from "../connect.ts";
import type { Output } from "../output.ts";

/** What a command of the program is made with. */
export interface Shell {
  /** Adds a command; `examples` stand first in its help. */
  command(name: string, description: string, examples: string): Command;
  readonly env: Environment;
  readonly output: Output;
}

/** Thrown after everything was said already: only the exit code is left to set. */
export class Exit extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/** Of every command that speaks to a broker. */
export const ENV = ["--env <name>", "environment: env/NAME.yaml of the pipeline, or a path (addresses, TLS, login)"] as const;

export async function withLog(to: Connection, name: string, act: (log: Log) => Promise<void>): Promise<void> {
  await using log = await connect(to, name);
  await act(log);
}

export function finish(code: number): void {
  if (code !== 0) throw new Exit(code);
}

export function exitOf(error: CommanderError): never {
  const asked = ["commander.helpDisplayed", "commander.help", "commander.version"].includes(error.code);
  throw new Exit(asked ? 0 : 2);
}
