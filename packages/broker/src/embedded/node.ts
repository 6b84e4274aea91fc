import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream } from "node:fs";
import { access, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { brokerProblem, USE_ANOTHER } from "../problems.ts";
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
  stop(how: "clean" | "kill"): Promise<void>;
}

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 15_000;

/** Starts one node in its folder (properties, log, data) and waits until it answers. */
export async function startNode(installation: Installation, config: NodeConfig, folder: string): Promise<KafkaNode> {
  await mkdir(folder, { recursive: true });
  if (
    !(await access(path.join(config.dataDir, "meta.properties")).then(
      () => true,
      () => false,
    ))
  ) {
    await formatDataDir(installation.root, installation.java, installation.jars, config.id, config.dataDir);
  }
  const properties = path.join(folder, "server.properties");
  const logging = path.join(folder, "log4j2.properties");
  await writeFile(properties, serverProperties(config));
  await writeFile(logging, LOG4J_CONFIG);
  const logFile = path.join(folder, "kafka.log");
  const child = spawn(
    installation.java,
    [
      ...jvmFlags(installation),
      `-Dlog4j2.configurationFile=${logging}`,
      "-cp",
      installation.jars.join(path.delimiter),
      "kafka.Kafka",
      properties,
    ],
    { stdio: ["ignore", "pipe", "pipe"], detached: true },
  );
  const log = createWriteStream(logFile, { flags: "a" });
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  const node = nodeOf(child);
  await writeFile(path.join(folder, "kafka.pid"), String(node.pid));
  if (await waitUntilAnswers(config.port, START_LIMIT_MS, () => !node.alive)) return node;
  const exit = child.exitCode ?? child.signalCode;
  await node.stop("kill");
  throw await startFailed(config, logFile, exit);
}

function jvmFlags({ archive, profile }: Installation): string[] {
  const memory = profile === "demo" ? ["-Xms64m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"] : ["-Xms512m", "-Xmx2g"];
  return archive === null ? memory : [...memory, `-XX:SharedArchiveFile=${archive}`, "-Xlog:cds=off", "-Xshare:auto"];
}

function nodeOf(child: ChildProcess): KafkaNode {
  let alive = true;
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => {
      alive = false;
      resolve();
    });
    child.once("error", () => {
      alive = false;
      resolve();
    });
  });
  return {
    pid: child.pid ?? 0,
    get alive() {
      return alive;
    },
    stop: async (how) => {
      if (!alive) return;
      child.kill(how === "clean" ? "SIGTERM" : "SIGKILL");
      const hard = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
      await ended;
      clearTimeout(hard);
    },
  };
}

async function startFailed(config: NodeConfig, logFile: string, exit: number | string | null): Promise<Error> {
  return explainStart(`port ${config.port}, log ${logFile}`, await readFile(logFile, "utf8").catch(() => ""), exit);
}

/** Why Kafka did not come up, from how it ended and what it logged. */
export function explainStart(where: string, log: string, exit: number | string | null): Error {
  if (exit === 137 || exit === "SIGKILL") {
    return brokerProblem({
      code: "WEIR-4306",
      what: "the embedded Kafka was killed by the system",
      where,
      why: "probably there was too little memory: it needs about 300 MB",
      fix: `free some memory, ${USE_ANOTHER}`,
    });
  }
  const lines = log.trim().split("\n");
  const said = (lines.findLast((l) => /ERROR|FATAL|Exception/.test(l)) ?? lines.at(-1) ?? "").trim();
  const full = /No space left on device/.test(log);
  return brokerProblem({
    code: "WEIR-4306",
    what: exit === null ? `the embedded Kafka did not answer within ${START_LIMIT_MS / 1000} s` : "the embedded Kafka did not start",
    where,
    why: full ? "no space is left where its data lies" : said || "it said nothing",
    fix: full
      ? "free some space, or name a directory elsewhere with --data"
      : `look into the log; if the data directory is damaged name another with --data, ${USE_ANOTHER}`,
  });
}
