import { spawn } from "node:child_process";
import { access, mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { KAFKA_VERSION } from "./artifacts.ts";
import { freePorts, waitUntilAnswers } from "./ready.ts";
import { serverProperties } from "./server-properties.ts";
import { formatDataDir } from "./template.ts";

/** Where the class-data archive of this Java and Kafka is, if it has been made. */
export async function findArchive(root: string, javaMajor: number): Promise<string | null> {
  const file = archiveFile(root, javaMajor);
  return access(file).then(() => file, () => null);
}

function archiveFile(root: string, javaMajor: number): string {
  return path.join(root, `kafka-${KAFKA_VERSION}-java${javaMajor}.jsa`);
}

/**
 * Makes the archive by starting and stopping a broker of its own, at low priority. Saves about a third of every later
 * start; nothing depends on it, so every failure is silence.
 */
export async function makeArchive(root: string, java: string, javaMajor: number, jars: readonly string[]): Promise<void> {
  const file = archiveFile(root, javaMajor);
  const folder = path.join(root, `archive.${process.pid}.tmp`);
  try {
    await mkdir(folder, { recursive: true });
    const [port = 0, controllerPort = 0] = await freePorts(2);
    const dataDir = path.join(folder, "data");
    await formatDataDir(root, java, jars, 1, dataDir);
    const properties = path.join(folder, "server.properties");
    await writeFile(properties, serverProperties({ id: 1, port, controllerPort, voters: [{ id: 1, controllerPort }], dataDir }));
    const made = path.join(folder, "archive.jsa");
    const flags = ["-Xms64m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", `-XX:ArchiveClassesAtExit=${made}`, "-Xlog:cds=off", "-Xlog:cds+dynamic=off"];
    const child = spawn("nice", ["-n", "19", java, ...flags, "-cp", jars.join(path.delimiter), "kafka.Kafka", properties], { stdio: "ignore" });
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()).once("error", () => resolve()));
    await waitUntilAnswers(port, 120_000, () => child.exitCode !== null);
    child.kill("SIGTERM");
    await ended;
    await rename(made, file);
  } catch {
    // A start without the archive is only slower.
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
