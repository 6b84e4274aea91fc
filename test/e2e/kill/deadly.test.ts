import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createKafkaLog } from "@weir/kafka";
import { headerText, recordAt, type PlainRecord } from "@weir/record";
import { loadPipeline } from "@weir/service";
import { writeW1Pipeline } from "@weir/testkit";
import { expect, inject, onTestFinished, test } from "vitest";
import { endTopics, waitForEnds } from "../ends.ts";
import { ended, serviceIn, startFleet, startProcess } from "../fleet.ts";
import { readCommitted } from "../read-committed.ts";
import { endInput, w1Input, w1NumberOf } from "../w1-input.ts";
import { witness } from "../witness.ts";

const [SEED, PARTITIONS, RECORDS, DEADLY] = [5, 4, 6000, 2718];

/** Starts a process again and again, as an orchestrator does, until it is told to stop; gives how many ended by themselves. */
function supervise(start: () => ReturnType<typeof startProcess>): { stop(): Promise<number> } {
  let child = start();
  let deaths = 0;
  const restart = (): void => {
    deaths++;
    child = start();
    child.once("exit", restart);
  };
  child.once("exit", restart);
  return {
    stop: async () => {
      child.removeListener("exit", restart);
      await ended(child, "SIGTERM");
      return deaths;
    },
  };
}

test("a record that kills the process of its model is found and becomes a dead letter; all others come out, once and in order", async () => {
  const address = inject("kafka");
  const folder = mkdtempSync(path.join(tmpdir(), "weir-deadly-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeW1Pipeline(folder, { name: `deadly${Date.now().toString(36)}`, partitions: PARTITIONS, windowRecords: null });
  const { topology } = loadPipeline(folder, {});
  await using log = await createKafkaLog({ brokers: [address], clientId: "weir-deadly" });
  await log.createTopics(topology.topics);
  await using producer = await log.producer({ transactionalId: `fill-${folder}` });
  const filling = producer.begin();
  w1Input(SEED, PARTITIONS).next(RECORDS).write(filling, topology.entryTopic);
  await filling.commit(null);
  await endInput(log, producer, topology);

  const place = { pipeline: folder, address, logs: folder };
  const fleet = startFleet({ ...place, processes: [serviceIn("gate", "gate-0"), serviceIn("router", "router-0")] });
  onTestFinished(() => fleet.kill());
  const id = `tx-${SEED.toString(36)}-${String(DEADLY).padStart(9, "0")}`;
  const model = { slot: "inference-0", script: "test/e2e/kill/deadly-main.ts", env: { WEIR_DEADLY: `"${id}"` } };
  const supervised = supervise(() => startProcess(model, place));
  onTestFinished(async () => void (await supervised.stop()));
  await waitForEnds(log, topology, RECORDS, 90_000);
  const deaths = await supervised.stop();
  console.log(`  ${deaths} deaths`);
  expect(deaths).toBeGreaterThanOrEqual(4);
  expect(deaths).toBeLessThanOrEqual(8);
  await fleet.stop();

  const letters: PlainRecord[] = [];
  const topics = endTopics(topology);
  const counts = new Map(topics.map((topic) => [topic, 0]));
  await readCommitted(log, topics, (batch) => {
    counts.set(batch.topic, (counts.get(batch.topic) ?? 0) + batch.count);
    for (let row = 0; row < batch.count && batch.topic === topology.dlq; row++) letters.push(recordAt(batch, row));
  });
  const seen = await witness({ address, topics, produced: RECORDS, numberOf: w1NumberOf(SEED), counts });
  expect(seen).toMatchObject({ records: RECORDS, lost: 0, doubled: 0, outOfOrder: 0, foreign: 0 });
  const internal = letters.filter(({ headers }) => headerText(headers, "weir.dlq.class") === "INTERNAL");
  expect(internal.map(({ value }) => w1NumberOf(SEED)(Buffer.from(value ?? "").toString()))).toEqual([DEADLY]);
  expect(headerText(internal[0]?.headers ?? [], "weir.dlq.stage")).toBe("score");
});
