import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { cached, cacheRoot } from "@weir/broker";

const run = promisify(execFile);
const INSTALL_MS = 180_000;

/** A program of somebody else's, put into the cache once; null where it cannot be had, with the reason on standard error. */
export async function peer(
  name: string,
  install: (folder: string) => readonly [command: string, ...args: string[]],
): Promise<string | null> {
  try {
    return await cached(cacheRoot(process.env), name, async (folder) => {
      const [command, ...args] = install(folder);
      await run(command, args, { timeout: INSTALL_MS });
    });
  } catch (error) {
    console.error(`SKIPPED: ${name} cannot be had here: ${error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)}`);
    return null;
  }
}

/** Confluent's Python client, which brings librdkafka: a folder for PYTHONPATH. */
export function confluentPython(): Promise<string | null> {
  return peer("confluent-kafka-python-2.16.1", (folder) => [
    "python3",
    "-m",
    "pip",
    "install",
    "--quiet",
    "--disable-pip-version-check",
    "--only-binary=:all:",
    "--target",
    folder,
    "confluent-kafka==2.16.1",
  ]);
}
