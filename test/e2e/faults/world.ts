import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePorts, startEmbedded, type EmbeddedBroker } from "@weir/broker";
import { createKafkaLog } from "@weir/kafka";
import type { Log } from "@weir/stream";
import { createFaultProxy, type FaultProxy } from "@weir/testkit";

/** Brokers of our own with a proxy before each: services come by the proxy, witnesses and producers do not. */
export interface World extends AsyncDisposable {
  readonly nodes: 1 | 3;
  readonly broker: EmbeddedBroker;
  readonly proxy: FaultProxy;
  /** Past the proxy. */
  readonly log: Log;
  readonly folder: string;
  /** Unlike any that was asked for before, in this world. */
  nextName(): string;
  /** What it wrote is left there when it ends: somebody wants to look. */
  keep(): void;
}

export async function openWorld(nodes: 1 | 3, seed: number): Promise<World> {
  const folder = await mkdtemp(path.join(tmpdir(), "weir-fire-"));
  const proxyPorts = await freePorts(nodes);
  const broker = await startEmbedded({ dataDir: path.join(folder, "kafka"), port: 0, nodes, proxyPorts });
  const doors = proxyPorts.map((listen, i) => ({ listen, broker: broker.proxiedPorts[i] ?? 0 }));
  const proxy = await createFaultProxy({ doors, seed });
  const log = await createKafkaLog({ brokers: broker.address.split(","), clientId: "weir-fire" });
  let names = 0;
  let kept = false;
  return {
    nodes,
    broker,
    proxy,
    log,
    folder,
    nextName: () => `f${++names}`,
    keep: () => {
      kept = true;
    },
    async [Symbol.asyncDispose]() {
      await log[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await broker.stop();
      if (!kept) await rm(folder, { recursive: true, force: true });
    },
  };
}
