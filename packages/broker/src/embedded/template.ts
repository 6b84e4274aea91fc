import { execFile } from "node:child_process";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { brokerProblem } from "../problems.ts";
import { KAFKA_VERSION } from "./artifacts.ts";
import { cached } from "./cache.ts";
import { serverProperties } from "./server-properties.ts";

const run = promisify(execFile);
/** Fixed: embedded clusters never meet. */
const CLUSTER_ID = "d2VpckVtYmVkZGVkQ2x1cw";
const FILES = ["meta.properties", "bootstrap.checkpoint"];

/** Two small files that formatting writes: made once by Kafka's own tool, then copied into every new data directory. */
export async function formatDataDir(root: string, java: string, jars: readonly string[], nodeId: number, dataDir: string): Promise<void> {
  const template = await cached(root, `kafka-format-${KAFKA_VERSION}`, (folder) => makeTemplate(java, jars, folder));
  await mkdir(dataDir, { recursive: true });
  for (const file of FILES) await copyFile(path.join(template, file), path.join(dataDir, file));
  const meta = path.join(dataDir, "meta.properties");
  const lines = (await readFile(meta, "utf8")).split("\n").filter((l) => !l.startsWith("directory.id="));
  await writeFile(meta, lines.join("\n").replace(/^node\.id=.*$/m, `node.id=${nodeId}`));
}

async function makeTemplate(java: string, jars: readonly string[], folder: string): Promise<void> {
  const config = path.join(folder, "format.properties");
  await writeFile(
    config,
    serverProperties({ id: 1, port: 9092, controllerPort: 9093, voters: [{ id: 1, controllerPort: 9093 }], dataDir: folder }),
  );
  const args = [
    "-Xmx128m",
    "-XX:TieredStopAtLevel=1",
    "-cp",
    jars.join(path.delimiter),
    "kafka.tools.StorageTool",
    "format",
    "-t",
    CLUSTER_ID,
    "-c",
    config,
  ];
  await run(java, args).catch((cause: unknown) => {
    throw brokerProblem(
      {
        code: "WEIR-4305",
        what: "the data directory of the embedded Kafka could not be formatted",
        where: folder,
        why: String(cause),
        fix: "look whether the cache folder is full or read-only; delete it to start anew",
      },
      cause,
    );
  });
}
