import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createKafkaLog } from "@weir/kafka";
import { batchOf, recordAt } from "@weir/record";
import type { Log } from "@weir/stream";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { consoleConsumer } from "../console-tools.ts";
import { isAlive } from "./alive.ts";
import { startEmbedded } from "./embedded.ts";
import { answers, freePorts } from "./ready.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "weir-embedded-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function withLog<T>(address: string, use: (log: Log) => Promise<T>): Promise<T> {
  await using log = await createKafkaLog({ brokers: address.split(","), clientId: "weir-broker-test" });
  return await use(log); // before the log is closed
}

async function write(address: string, topic: string, value: string): Promise<void> {
  await withLog(address, async (log) => {
    await log.createTopics([{ name: topic, partitions: 1 }]);
    await using producer = await log.producer({ transactionalId: `tx-${randomUUID()}` });
    const transaction = producer.begin();
    transaction.write({ topic, partition: 0 }, batchOf({ topic, partition: 0 }, [{ key: Buffer.from("k"), value: Buffer.from(value) }]));
    await transaction.commit(null);
  });
}

async function readBack(address: string, topic: string, count: number): Promise<string[]> {
  await using log = await createKafkaLog({ brokers: [address], clientId: "weir-test" });
  await using fetcher = log.fetcher();
  const values: string[] = [];
  for (let offset = 0, look = 0; values.length < count && look < 100; look++) {
    for (const batch of (await fetcher.fetch([{ topic, partition: 0, offset }], 200)).batches) {
      offset = batch.nextOffset;
      for (let row = 0; row < batch.count; row++) values.push(new TextDecoder().decode(recordAt(batch, row).value ?? new Uint8Array(0)));
    }
  }
  return values;
}

/** A reader may give up before the group of a broker that has just started has given it anything: it is asked again. */
async function read(address: string, topic: string, count: number): Promise<string[]> {
  const lines: string[] = [];
  for (let attempt = 0; attempt < 3 && lines.length < count; attempt++) {
    lines.length = 0;
    const options = {
      address,
      topic,
      isolation: "read_committed",
      timeoutMs: 20_000,
      maxRecords: count,
      formatter: { "print.key": "true" },
    } as const;
    for await (const line of consoleConsumer(options)) lines.push(line);
  }
  return lines;
}

it("keeps what was committed through kill -9, and through a stop and a start of its directory", async () => {
  const dataDir = path.join(root, "one");
  const notes: string[] = [];
  const first = await startEmbedded({ dataDir, port: 0, note: (line) => notes.push(line) });
  try {
    await write(first.address, "t", "a");
    const [killed = 0] = first.pids;
    await first.stopNode(1, "kill");
    expect([first.pids, isAlive(killed)]).toEqual([[], false]);
    await first.startNode(1);
    expect(await readBack(first.address, "t", 1)).toEqual(["a"]); // its commit was acknowledged, its marker perhaps not written
    await write(first.address, "t", "b");
    expect(await readBack(first.address, "t", 2)).toEqual(["a", "b"]);
    await expect(startEmbedded({ dataDir, port: 0 })).rejects.toThrow("WEIR-4308");
  } finally {
    await first.stop();
  }
  expect(notes.at(-1)).toMatch(/^starting Kafka \(one node, Java \d+\) on port \d+$/);

  // As `--data` does it: the same directory with the same port.
  const port = Number(first.address.split(":")[1]);
  const second = await startEmbedded({ dataDir, port });
  try {
    await expect(startEmbedded({ dataDir: path.join(root, "other"), port })).rejects.toThrow(new RegExp(`WEIR-4309 port ${port} is taken`));
    expect(await readBack(second.address, "t", 2)).toEqual(["a", "b"]);
  } finally {
    await second.stop();
  }
});

it("goes on with two of three nodes, restarted one by one", async () => {
  const proxyPorts = await freePorts(3);
  const cluster = await startEmbedded({ dataDir: path.join(root, "three"), port: 0, nodes: 3, proxyPorts });
  try {
    expect([cluster.nodes, cluster.pids.length, cluster.address.split(",").length]).toEqual([3, 3, 3]);
    expect(await Promise.all(cluster.proxiedPorts.map(answers))).toEqual([true, true, true]);
    await write(cluster.address, "t", "0");
    for (const [node, how] of [
      [1, "kill"],
      [2, "clean"],
      [3, "kill"],
    ] as const) {
      await cluster.stopNode(node, how);
      // Until the others have noticed, the dead node is still named as leader or coordinator.
      await vi.waitFor(() => write(cluster.address, "t", String(node)), { timeout: 60_000, interval: 250 });
      await cluster.startNode(node);
    }
    expect(await read(cluster.address, "t", 4)).toEqual(["k\t0", "k\t1", "k\t2", "k\t3"]);
  } finally {
    await cluster.stop();
  }
  expect(cluster.pids).toEqual([]);
});

it("tells when the reader that is not ours fails", async () => {
  const [port = 0] = await freePorts(1);
  await expect(read(`nobody.invalid:${port}`, "t", 1)).rejects.toThrow("WEIR-4313");
});
