import path from "node:path";
import type { EmbeddedBroker, Note } from "../broker.ts";
import { brokerProblem } from "../problems.ts";
import { findArchive, makeArchive } from "./archive.ts";
import { brokerJars } from "./artifacts.ts";
import { cacheRoot } from "./cache.ts";
import { nodeFolder, stopLeftOver, takeDataDir } from "./data-dir.ts";
import { findJava } from "./java.ts";
import { startNode, type Installation, type KafkaNode } from "./node.ts";
import { portHolder } from "./port-holder.ts";
import type { SecureProfile } from "./doors.ts";
import { freePorts, isPortTaken } from "./ready.ts";
import type { NodeConfig } from "./server-properties.ts";

export interface EmbeddedOptions {
  /** Keeps everything: a second start with the same directory goes on with its topics. */
  readonly dataDir: string;
  /** Client port of the first node, the others follow; 0: any. */
  readonly port: number;
  /** 1 or 3. */
  readonly nodes?: 1 | 3;
  /** `demo`: little memory, quick start. `bench`: the compiler and collector of a real server. */
  readonly profile?: "demo" | "bench";
  /** One port a node, where a fault proxy listens: each node gets a second door that sends its clients there. */
  readonly proxyPorts?: readonly number[];
  /** Secured listeners beside the plain one, on free ports. */
  readonly security?: SecureProfile;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly note?: Note;
}

/** Kafka itself in processes of its own on the loopback addresses: KRaft, no Docker; a cluster of three has RF 3 and min ISR 2. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedBroker> {
  const { dataDir, env = process.env, note = () => {}, nodes: count = 1, profile = "demo" } = options;
  const root = cacheRoot(env);
  const java = await findJava(env);
  const jars = await brokerJars(root, env, note);
  const archive = profile === "demo" ? await findArchive(root, java) : null;
  const release = await takeDataDir(dataDir, count);
  try {
    for (let id = 1; id <= count; id++) await stopLeftOver(nodeFolder(dataDir, id), note);
    const configs = await configsOf(options, count);
    for (const config of configs) if (await isPortTaken(config.port)) throw await portTaken(config.port);
    const installation: Installation = { root, java: java.command, jars, archive, profile };
    note(
      `starting Kafka (${count === 1 ? "one node" : `${count} nodes`}, Java ${java.major}) on port ${configs.map((c) => c.port).join(", ")}`,
    );
    const running = await startAll(installation, dataDir, configs);
    const giveUpArchive = archive === null && profile === "demo" ? makeArchive(root, java, jars) : async () => {};
    return clusterOf({ installation, dataDir, configs, running, release: () => Promise.all([giveUpArchive(), release()]) });
  } catch (error) {
    await release();
    throw error;
  }
}

async function startAll(installation: Installation, dataDir: string, configs: readonly NodeConfig[]): Promise<(KafkaNode | null)[]> {
  const started = await Promise.allSettled(configs.map((config) => startNode(installation, config, nodeFolder(dataDir, config.id))));
  const failed = started.find((s) => s.status === "rejected");
  const nodes = started.map((s) => (s.status === "fulfilled" ? s.value : null));
  if (!failed) return nodes;
  await stopAll(nodes, "kill");
  throw failed.reason;
}

async function stopAll(nodes: readonly (KafkaNode | null)[], how: "clean" | "kill"): Promise<void> {
  await Promise.all(nodes.map(async (node) => node?.stop(how)));
}

async function configsOf({ dataDir, port, proxyPorts, security }: EmbeddedOptions, count: number): Promise<NodeConfig[]> {
  const doors = security?.doors ?? [];
  const free = await freePorts((3 + doors.length) * count);
  const voters = Array.from({ length: count }, (_, i) => ({ id: i + 1, controllerPort: free[i] ?? 0 }));
  return voters.map(({ id, controllerPort }, i) => {
    const advertisedPort = proxyPorts?.[i];
    return {
      id,
      controllerPort,
      voters,
      port: port === 0 ? (free[count + i] ?? 0) : port + i,
      dataDir: path.join(nodeFolder(dataDir, id), "data"),
      ...(security && {
        secured: { profile: security, doors: doors.map((door, d) => ({ ...door, port: free[(3 + d) * count + i] ?? 0 })) },
      }),
      ...(advertisedPort !== undefined && { proxied: { port: free[2 * count + i] ?? 0, advertisedPort } }),
    };
  });
}

interface Cluster {
  readonly installation: Installation;
  readonly dataDir: string;
  readonly configs: readonly NodeConfig[];
  /** Null: never came up. Changed when a node is started again. */
  readonly running: (KafkaNode | null)[];
  readonly release: () => Promise<unknown>;
}

function clusterOf({ installation, dataDir, configs, running, release }: Cluster): EmbeddedBroker {
  const endWithParent = (): void => {
    for (const node of running) if (node?.alive) process.kill(node.pid, "SIGTERM");
  };
  process.once("exit", endWithParent);
  let tell: (fault: Error) => void = () => {};
  const fault = new Promise<Error>((resolve) => (tell = resolve));
  const watch = (node: KafkaNode | null): void => void node?.fault.then(tell);
  for (const node of running) watch(node);
  return {
    kind: "embedded",
    fault,
    address: configs.map((c) => `127.0.0.1:${c.port}`).join(","),
    nodes: configs.length,
    proxiedPorts: configs.flatMap((c) => (c.proxied ? [c.proxied.port] : [])),
    doors: new Map(
      (configs[0]?.secured?.doors ?? []).map(({ name }, d) => [
        name,
        configs.map((c) => `localhost:${c.secured?.doors[d]?.port ?? 0}`).join(","),
      ]),
    ),
    get pids() {
      return running.flatMap((n) => (n?.alive ? [n.pid] : []));
    },
    stopNode: async (node, how) => running[node - 1]?.stop(how),
    startNode: async (node) => {
      const config = configs[node - 1];
      if (!config) throw new Error(`there is no node ${node}`);
      if (running[node - 1]?.alive) throw new Error(`node ${node} is running`);
      running[node - 1] = await startNode(installation, config, nodeFolder(dataDir, node));
      watch(running[node - 1] ?? null);
    },
    stop: async () => {
      process.off("exit", endWithParent);
      await stopAll(running, "clean");
      await release();
    },
  };
}

async function portTaken(port: number): Promise<Error> {
  const holder = await portHolder(port);
  return brokerProblem({
    code: "WEIR-4309",
    what: `port ${port} is taken`,
    where: `127.0.0.1:${port}`,
    why: holder
      ? `process ${holder.pid} (${holder.name}) listens there`
      : "another process listens there, perhaps a broker of an earlier run",
    fix: `stop it${holder ? ` (kill ${holder.pid})` : ""}, choose another port with --kafka-port, or use it: --broker 127.0.0.1:${port}`,
  });
}
