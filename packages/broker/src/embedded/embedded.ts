import path from "node:path";
import type { EmbeddedBroker, Note } from "../broker.ts";
import { brokerProblem } from "../problems.ts";
import { findArchive, makeArchive } from "./archive.ts";
import { brokerJars } from "./artifacts.ts";
import { cacheRoot } from "./cache.ts";
import { stopLeftOver, takeDataDir } from "./data-dir.ts";
import { findJava } from "./java.ts";
import { startNode, type Installation, type KafkaNode } from "./node.ts";
import { freePorts, isPortTaken } from "./ready.ts";
import type { NodeConfig } from "./server-properties.ts";

export interface EmbeddedOptions {
  /** Keeps everything: a second start with the same directory goes on with its topics. */
  readonly dataDir: string;
  /** Client port of the first node; 0: any. */
  readonly port: number;
  /** 1 or 3. */
  readonly nodes?: 1 | 3;
  readonly profile?: "demo" | "bench";
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly note?: Note;
}

/** Kafka itself in processes of its own on the loopback addresses: KRaft, no Docker; a cluster of three has RF 3 and min ISR 2. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedBroker> {
  const { dataDir, env = process.env, note = () => {}, nodes: count = 1, profile = "demo" } = options;
  const root = cacheRoot(env);
  const java = await findJava(env);
  const jars = await brokerJars(root, env, note);
  const archive = await findArchive(root, java.major);
  const release = await takeDataDir(dataDir);
  const folders = Array.from({ length: count }, (_, i) => path.join(dataDir, `node-${i + 1}`));
  try {
    for (const folder of folders) await stopLeftOver(folder, note);
    if (options.port !== 0 && (await isPortTaken(options.port))) throw portTaken(options.port);
    const configs = await configsOf(count, options.port, folders);
    const installation: Installation = { root, java: java.command, jars, archive: profile === "demo" ? archive : null, profile };
    note(`starting Kafka (${count === 1 ? "one node" : `${count} nodes`}, Java ${java.major}) on port ${configs.map((c) => c.port).join(", ")}`);
    const running = await startAll(installation, configs, folders);
    const making = archive === null && profile === "demo" ? makeArchive(root, java.command, java.major, jars) : Promise.resolve();
    return clusterOf(installation, configs, folders, running, async () => {
      await release();
      void making;
    });
  } catch (error) {
    await release();
    throw error;
  }
}

async function startAll(installation: Installation, configs: readonly NodeConfig[], folders: readonly string[]): Promise<(KafkaNode | null)[]> {
  const started = await Promise.allSettled(configs.map((config, i) => startNode(installation, config, folders[i] ?? "")));
  const failed = started.find((s) => s.status === "rejected");
  const nodes = started.map((s) => (s.status === "fulfilled" ? s.value : null));
  if (!failed) return nodes;
  await Promise.all(nodes.map((n) => n?.stop("kill")));
  throw failed.reason;
}

async function configsOf(count: number, port: number, folders: readonly string[]): Promise<NodeConfig[]> {
  const free = await freePorts(2 * count);
  const voters = Array.from({ length: count }, (_, i) => ({ id: i + 1, controllerPort: free[count + i] ?? 0 }));
  return voters.map(({ id, controllerPort }, i) => ({
    id, controllerPort, voters, port: port === 0 ? (free[i] ?? 0) : port + i, dataDir: path.join(folders[i] ?? "", "data"),
  }));
}

function clusterOf(installation: Installation, configs: readonly NodeConfig[], folders: readonly string[], running: (KafkaNode | null)[], release: () => Promise<void>): EmbeddedBroker {
  const endWithParent = (): void => {
    for (const node of running) if (node?.alive) process.kill(node.pid, "SIGTERM");
  };
  process.once("exit", endWithParent);
  return {
    kind: "embedded",
    address: configs.map((c) => `127.0.0.1:${c.port}`).join(","),
    nodes: configs.length,
    get pids() {
      return running.flatMap((n) => (n?.alive ? [n.pid] : []));
    },
    stopNode: async (node, how) => running[node - 1]?.stop(how),
    startNode: async (node) => {
      const config = configs[node - 1];
      if (!config) throw new Error(`there is no node ${node}`);
      running[node - 1] = await startNode(installation, config, folders[node - 1] ?? "");
    },
    stop: async () => {
      process.off("exit", endWithParent);
      await Promise.all(running.map((n) => n?.stop("clean")));
      await release();
    },
  };
}

function portTaken(port: number): Error {
  return brokerProblem({
    code: "WEIR-4309", what: `port ${port} is taken`, where: `127.0.0.1:${port}`, why: "another process listens there, perhaps a broker of an earlier run",
    fix: `stop it, choose another port with --kafka-port, or use it: --broker 127.0.0.1:${port}`,
  });
}
