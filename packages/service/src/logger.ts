import { pino, destination, type Logger } from "pino";

export type { Logger } from "pino";

export interface LoggerOptions {
  readonly level: string;
  readonly service: string;
}

/** JSON lines on stderr: stdout belongs to data. Secrets are cut out wherever they are logged by their usual names. */
export function createLogger({ level, service }: LoggerOptions): Logger {
  const redact = {
    paths: ["password", "*.password", "secret", "*.secret", "token", "*.token", "authorization", "*.authorization"],
    censor: "[hidden]",
  };
  return pino(
    { level, base: { service, pid: process.pid }, redact, timestamp: () => `,"time":"${new Date().toISOString()}"` },
    destination({ fd: 2, sync: true }),
  );
}
