import { pino, destination, type Logger } from "pino";

export type { Logger } from "pino";

export interface LoggerOptions {
  readonly level: string;
  readonly service: string;
  /** Where lines go; default: standard error. */
  readonly to?: { write(line: string): void };
}

/** What is never written, at the top and up to three names below it. */
const SECRETS = ["password", "secret", "token", "apiKey", "authorization", "cookie"];
const DEPTHS = ["", "*.", "*.*.", "*.*.*."];

/** JSON lines on stderr: stdout belongs to data. Secrets are cut out wherever they are logged by their usual names. */
export function createLogger({ level, service, to }: LoggerOptions): Logger {
  const redact = {
    paths: DEPTHS.flatMap((depth) => SECRETS.map((name) => depth + name)),
    censor: "[hidden]",
  };
  return pino(
    { level, base: { service, pid: process.pid }, redact, timestamp: () => `,"time":"${new Date().toISOString()}"` },
    to ?? destination({ fd: 2, sync: true }),
  );
}
