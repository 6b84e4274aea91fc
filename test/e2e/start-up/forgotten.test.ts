import path from "node:path";
import { startEmbedded, type EmbeddedBroker } from "@weir/broker";
import { createKafkaLog } from "@weir/kafka";
import { batchOf, recordAt } from "@weir/record";
import { loadPipeline } from "@weir/service";
import { expect, onTestFinished, test } from "vitest";
import { weirHere, type HereRan } from "../in-process.ts";
import { lanesOf, readCommitted } from "../read-committed.ts";
import { smallFlights } from "../security/small-flights.ts";

const PRODUCERS = 40;
/** Stops of the broker until one of them forgets a marker: a single producer saw that in one stop of twenty-six. */
const MOST_STOPS = 12;

interface Committer {
  /** Commits one record to every partition, again and again, until the broker is gone; gives what was acknowledged. */
  untilGone(): Promise<string[]>;
}

async function openCommitter(address: string, topics: readonly string[], name: string): Promise<Committer> {
  const log = await createKafkaLog({ brokers: [address], clientId: name, requestMs: 3000 });
  const lanes = await lanesOf(log, topics);
  const producer = await log.producer({ transactionalId: name, rotate: 1, timeoutMs: 10_000 });
  return {
    untilGone: async () => {
      const acknowledged: string[] = [];
      try {
        for (let n = 0; ; n++) {
          const transaction = producer.begin();
          for (const lane of lanes) transaction.write(lane, batchOf(lane, [{ key: null, value: Buffer.from(`${name}/${n}`) }]));
          await transaction.commit(null);
          acknowledged.push(`${name}/${n}`);
        }
      } catch {
        return acknowledged; // whether the last one was committed nobody knows here
      } finally {
        await Promise.resolve(producer[Symbol.asyncDispose]()).catch(() => undefined);
        await log[Symbol.asyncDispose]();
      }
    },
  };
}

async function stopUnderLoad(broker: EmbeddedBroker, topics: readonly string[], turn: number): Promise<string[]> {
  const names = Array.from({ length: PRODUCERS }, (_, i) => `weir-forgotten-${turn}-${i}`);
  const committers = await Promise.all(names.map((name) => openCommitter(broker.address, topics, name)));
  const running = Promise.all(committers.map((committer) => committer.untilGone()));
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await broker.stopNode(1, "clean");
  const acknowledged = (await running).flat();
  await broker.startNode(1);
  return acknowledged;
}

test("markers that Kafka forgot when it was stopped in order are found and written as their coordinator decided", async () => {
  using flights = smallFlights("forgotten", 10);
  const broker = await startEmbedded({ dataDir: path.join(flights.folder, "kafka"), port: 0 });
  onTestFinished(() => broker.stop());
  const at = ["--pipeline", flights.folder, "--broker", broker.address];
  await using log = await createKafkaLog({ brokers: [broker.address], clientId: "weir-forgotten" });
  await log.createTopics(loadPipeline(flights.folder, {}).topology.topics);
  const topics = ["auto", "review", "manual"].map((branch) => `forgotten.route.${branch}`);
  const acknowledged: string[] = [];
  const list = (): Promise<HereRan> => weirHere(["transactions", "list", "--json", ...at]);
  let listed: HereRan = { code: 0, stdout: "", stderr: "" };
  let stops = 0;
  while (listed.code === 0 && stops < MOST_STOPS) {
    acknowledged.push(...(await stopUnderLoad(broker, topics, stops++)));
    await expect.poll(async () => (listed = await list()).stdout, { timeout: 30_000, interval: 500 }).not.toContain('"decided":"open"');
  }
  console.log(`  ${stops} stops, ${acknowledged.length} transactions acknowledged`);
  expect(listed.code, `no marker was forgotten in ${stops} stops`).toBe(5);

  const finish = ["transactions", "finish", "--reason", "stopped in order", ...at];
  expect((await weirHere([...finish, "--dry-run"])).code).toBe(0);
  expect((await list()).code).toBe(5); // nothing was written
  const { code, stderr } = await weirHere([...finish, "--yes"]);
  expect(code, stderr).toBe(0);
  expect(await list()).toMatchObject({ code: 0, stdout: "[]\n" });
  expect((await weirHere(["audit", "log", "--json", "--broker", broker.address])).stdout).toContain("transaction.finished");

  const seen = new Map<string, number>();
  await readCommitted(log, topics, (batch) => {
    for (let row = 0; row < batch.count; row++) {
      const text = Buffer.from(recordAt(batch, row).value ?? "").toString();
      seen.set(text, (seen.get(text) ?? 0) + 1);
    }
  });
  const partitions = (await lanesOf(log, topics)).length;
  expect(acknowledged.filter((text) => seen.get(text) !== partitions)).toEqual([]);
  expect([...seen].filter(([, times]) => times !== partitions)).toEqual([]); // whole or not at all
});
