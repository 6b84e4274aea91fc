import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "vitest";
import { startEmbedded, type EmbeddedBroker, type EmbeddedOptions } from "@weir/broker";
import { createKafkaLog } from "@weir/kafka";
import { loadPipeline, plainConnection, type Connection, type LoadedPipeline } from "@weir/service";
import type { Log } from "@weir/stream";
import { writeW1Pipeline } from "@weir/testkit";
import { weirHere, type HereRan } from "../in-process.ts";
import { w1Input } from "../w1-input.ts";

/** A broker whose disk tests may hurt, and pipelines on it. */
export interface DataWorld extends AsyncDisposable {
  readonly broker: EmbeddedBroker;
  readonly dataDir: string;
  readonly log: Log;
  readonly connection: Connection;
  /** A pipeline of its own with its topics. */
  pipeline(name: string, partitions?: number): Promise<LoadedPipeline>;
  /** Card transactions, in so many transactions of so many records each. */
  write(loaded: LoadedPipeline, transactions: number, records: number, seed?: number): Promise<void>;
  /** A `weir` command on this broker. */
  weir(args: readonly string[]): Promise<HereRan>;
  /** Waits until everything that can be read of the entry has come out, and gives the counts. */
  settled(loaded: LoadedPipeline, entry: number): Promise<void>;
}

export async function openDataWorld(options: Partial<EmbeddedOptions> = {}): Promise<DataWorld> {
  const folder = mkdtempSync(path.join(tmpdir(), "weir-data-faults-"));
  const dataDir = options.dataDir ?? path.join(folder, "kafka");
  const broker = await startEmbedded({ port: 0, ...options, dataDir });
  const log = await createKafkaLog({ brokers: [broker.address], clientId: "weir-data-faults" });
  let written = 0;
  const weir: DataWorld["weir"] = (args) => weirHere([...args, "--broker", broker.address]);
  return {
    broker,
    dataDir,
    log,
    weir,
    connection: plainConnection(broker.address),
    pipeline: async (name, partitions = 2) => {
      writeW1Pipeline(path.join(folder, name), { name, partitions, windowRecords: null, commitEveryMs: 20 });
      const loaded = loadPipeline(path.join(folder, name), {});
      await log.createTopics(loaded.topology.topics);
      return loaded;
    },
    write: async ({ pipeline, topology }, transactions, records, seed = 7) => {
      await using producer = await log.producer({ transactionalId: `data-faults-${written++}` });
      const input = w1Input(seed, pipeline.partitions);
      for (let i = 0; i < transactions; i++) {
        const transaction = producer.begin();
        input.next(records).write(transaction, topology.entryTopic);
        await transaction.commit(null);
      }
    },
    settled: async (loaded, entry) => {
      const counts = async (): Promise<unknown> => {
        const { stdout, stderr } = await weir(["audit", "counts", "--json", "--pipeline", loaded.folder]);
        const { entry: found, balanced, inFlight } = JSON.parse(stdout || JSON.stringify({ entry: stderr })) as Record<string, unknown>;
        return { entry: found, balanced, inFlight };
      };
      await expect.poll(counts, { timeout: 60_000, interval: 200 }).toEqual({ entry, balanced: true, inFlight: 0 });
    },
    [Symbol.asyncDispose]: async () => {
      await log[Symbol.asyncDispose]();
      await broker.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What a service says of itself at a path. */
export async function textAt(urls: ReadonlyMap<string, string>, service: string, where: string): Promise<string> {
  return (await fetch(`${urls.get(service) ?? ""}${where}`)).text();
}
