import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { access, mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { KAFKA_VERSION } from "./artifacts.ts";
import type { Java } from "./java.ts";
import { freePorts, waitUntilAnswers } from "./ready.ts";
import { serverProperties } from "./server-properties.ts";
import { formatDataDir } from "./template.ts";

const START_LIMIT_MS = 120_000;

/** Where the class-data archive of this Java and Kafka is, if it has been made. */
export async function findArchive(root: string, java: Java): Promise<string | null> {
  const file = archiveFile(root, java);
  return access(file).then(
    () => file,
    () => null,
  );
}

/** Java takes an archive only from the very build that wrote it. */
function archiveFile(root: string, { major, version }: Java): string {
  const build = createHash("sha256").update(version).digest("hex").slice(0, 8);
  return path.join(root, `kafka-${KAFKA_VERSION}-java${major}-${build}.jsa`);
}

/**
 * Makes the archive by starting and stopping a broker of its own, at low priority. Saves about a third of every later
 * start; nothing depends on it, so every failure is silence. The function returned gives it up: the next start tries again.
 */
export function makeArchive(root: string, java: Java, jars: readonly string[]): () => Promise<void> {
  const folder = path.join(root, `archive.${process.pid}.tmp`);
  const abort = new AbortController();
  const atExit = (): void => {
    abort.abort();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", atExit);
  const made = make({ root, java, jars, folder, signal: abort.signal })
    .catch(() => {}) // a start without the archive is only slower
    .then(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
    .catch(() => {})
    .finally(() => process.off("exit", atExit));
  return async () => {
    abort.abort();
    await made;
  };
}

interface Making {
  readonly root: string;
  readonly java: Java;
  readonly jars: readonly string[];
  readonly folder: string;
  readonly signal: AbortSignal;
}

async function make({ root, java, jars, folder, signal }: Making): Promise<void> {
  await mkdir(folder, { recursive: true });
  const [port = 0, controllerPort = 0] = await freePorts(2);
  const dataDir = path.join(folder, "data");
  await formatDataDir(root, java.command, jars, 1, dataDir);
  const properties = path.join(folder, "server.properties");
  await writeFile(properties, serverProperties({ id: 1, port, controllerPort, voters: [{ id: 1, controllerPort }], dataDir }));
  const archive = path.join(folder, "archive.jsa");
  const flags = [
    "-Xms64m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    `-XX:ArchiveClassesAtExit=${archive}`,
    "-Xlog:cds=off",
    "-Xlog:cds+dynamic=off",
  ];
  signal.throwIfAborted();
  const child = spawn("nice", ["-n", "19", java.command, ...flags, "-cp", jars.join(path.delimiter), "kafka.Kafka", properties], {
    stdio: "ignore",
    signal,
    killSignal: "SIGKILL",
  });
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", () => child.pid === undefined && resolve()); // also said when given up, before its end
  });
  await waitUntilAnswers(port, START_LIMIT_MS, () => child.exitCode !== null || signal.aborted);
  child.kill("SIGTERM");
  await ended;
  signal.throwIfAborted();
  await rename(archive, archiveFile(root, java));
}
