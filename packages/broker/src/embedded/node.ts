import { spawn, type ChildProcessByStdio } from "node:child_process";
import { access, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { controllerProperties } from "./controller-properties.ts";
import { whyNotPrepared } from "./data-dir.ts";
import { explainEnd, explainStart, type Ending } from "./explain.ts";
import { saysFenced } from "./fenced.ts";
import { keepOutput } from "./output.ts";
import { waitUntilAnswers } from "./ready.ts";
import { LOG4J_CONFIG, serverProperties, type NodeConfig } from "./server-properties.ts";
import { formatDataDir } from "./template.ts";

/** What every node of a cluster is started with. */
export interface Installation {
  readonly root: string;
  readonly java: string;
  readonly jars: readonly string[];
  /** Class-data archive; null while there is none. Only speeds up the start. */
  readonly archive: string | null;
  /** `demo`: little memory, quick start. `bench`: the compiler and collector of a real server. */
  readonly profile: "demo" | "bench";
}

export interface KafkaNode {
  readonly pid: number;
  readonly alive: boolean;
  ending(): Ending;
  /** Resolves with the reason when it ends without having been stopped. */
  readonly fault: Promise<Error>;
  stop(how: "clean" | "kill"): Promise<void>;
}

/** On an idle machine a start takes three seconds; where many processes share two cores it took more than sixty. */
const START_LIMIT_MS = 150_000;
const STOP_LIMIT_MS = 15_000;
/** How long a broker of a former life counts as alive, and how long at most until that has been written down. */
const FORMER_SESSION_MS = 100;
const FENCED_WITHIN_MS = 30_000;
const LOOK_MS = 50;

/** Starts one node in its folder (properties, log, data) and waits until it answers. */
export async function startNode(installation: Installation, config: NodeConfig, folder: string): Promise<KafkaNode> {
  return startIn(installation, config, folder).catch((cause: unknown) => {
    throw whyNotPrepared(folder, cause);
  });
}

async function startIn(installation: Installation, config: NodeConfig, folder: string): Promise<KafkaNode> {
  if (!(await exists(path.join(config.dataDir, "meta.properties")))) {
    await prepare(installation, config, folder);
  } else if (config.voters.length === 1 && (await wasKilled(config))) {
    await fenceFormerLife(installation, config, folder);
  }
  const node = await launch(installation, { folder, name: "server", properties: serverProperties(config), port: config.port });
  await answered(node, config.port);
  return node;
}

async function prepare({ root, java, jars }: Installation, { id, dataDir }: NodeConfig, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await formatDataDir(root, java, jars, id, dataDir);
}

/** Kafka leaves this file when it was stopped in order, and takes it away when it starts. */
async function wasKilled({ dataDir }: NodeConfig): Promise<boolean> {
  return (await exists(path.join(dataDir, "__cluster_metadata-0"))) && !(await exists(path.join(dataDir, ".kafka_cleanshutdown")));
}

/**
 * Lets the controller notice, before the broker starts, that the killed broker is gone. A lone broker would start on the
 * word of its former life that it leads every partition, finish the commits that the kill interrupted, lose its partitions
 * in the middle of that, when the session of the former life ends, and take those without a leader for deleted ones: their
 * markers are never written (Kafka 4.3.1), so the last stable offset stands still and what was committed is not readable.
 */
async function fenceFormerLife(installation: Installation, config: NodeConfig, folder: string): Promise<void> {
  const properties = controllerProperties(config, FORMER_SESSION_MS);
  const controller = await launch(installation, { folder, name: "controller", properties, port: config.controllerPort });
  await answered(controller, config.controllerPort);
  for (const until = Date.now() + FENCED_WITHIN_MS; Date.now() < until && controller.alive; await sleep(LOOK_MS))
    if (saysFenced(await newestMetadata(config), config.id)) break;
  await controller.stop("clean");
}

async function newestMetadata({ dataDir }: NodeConfig): Promise<Buffer> {
  const folder = path.join(dataDir, "__cluster_metadata-0");
  const newest = (await readdir(folder))
    .filter((name) => name.endsWith(".log"))
    .sort()
    .at(-1);
  return newest === undefined ? Buffer.alloc(0) : readFile(path.join(folder, newest));
}

interface Launch {
  readonly folder: string;
  /** Of the properties file. */
  readonly name: string;
  readonly properties: string;
  /** Where it will answer. */
  readonly port: number;
}

async function launch(installation: Installation, { folder, name, properties, port }: Launch): Promise<KafkaNode> {
  const file = path.join(folder, `${name}.properties`);
  const logging = path.join(folder, "log4j2.properties");
  await writeFile(file, properties);
  await writeFile(logging, LOG4J_CONFIG);
  const child = spawn(
    installation.java,
    [
      ...jvmFlags(installation),
      `-Dlog4j2.configurationFile=${logging}`,
      "-cp",
      installation.jars.join(path.delimiter),
      "kafka.Kafka",
      file,
    ],
    { stdio: ["ignore", "pipe", "pipe"], detached: true },
  );
  const node = nodeOf(child, path.join(folder, "kafka.log"), port);
  await writeFile(path.join(folder, "kafka.pid"), String(node.pid)).catch(async (cause: unknown) => {
    await node.stop("kill");
    throw cause;
  });
  return node;
}

async function answered(node: KafkaNode, port: number): Promise<void> {
  if (await waitUntilAnswers(port, START_LIMIT_MS, () => !node.alive)) return;
  const ending = node.ending();
  await node.stop("kill");
  throw explainStart(ending, START_LIMIT_MS);
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

function jvmFlags({ archive, profile }: Installation): string[] {
  const memory = profile === "demo" ? ["-Xms64m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"] : ["-Xms512m", "-Xmx2g"];
  return archive === null ? memory : [...memory, `-XX:SharedArchiveFile=${archive}`, "-Xlog:cds=off", "-Xshare:auto"];
}

function nodeOf(child: ChildProcessByStdio<null, Readable, Readable>, logFile: string, port: number): KafkaNode {
  const output = keepOutput(child, logFile);
  let [alive, isStopped] = [true, false];
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      alive = false;
      resolve();
    };
    child.once("close", end); // not exit: what it said last has been read by then
    child.once("error", end);
  });
  const ending = (): Ending => ({
    where: `port ${port}, log ${logFile}`,
    log: output.tail(),
    exit: child.exitCode ?? child.signalCode,
  });
  return {
    pid: child.pid ?? 0,
    get alive() {
      return alive;
    },
    ending,
    fault: new Promise((resolve) => void ended.then(() => void (isStopped || resolve(explainEnd(ending()))))),
    stop: async (how) => {
      isStopped = true;
      if (!alive) return;
      child.kill(how === "clean" ? "SIGTERM" : "SIGKILL");
      const hard = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
      await ended;
      clearTimeout(hard);
    },
  };
}
