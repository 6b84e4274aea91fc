import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createKafkaLog } from "@weir/kafka";
import { loadPipeline, systemClock } from "@weir/service";
import { writeW1Pipeline } from "@weir/testkit";
import { expect, inject, onTestFinished, test } from "vitest";
import { endTopics, waitForEnds } from "../ends.ts";
import { ended, startProcess } from "../fleet.ts";
import { lanesOf, readCommitted } from "../read-committed.ts";
import { w1Input, w1NumberOf } from "../w1-input.ts";
import { witness } from "../witness.ts";

const [SEED, PARTITIONS, PIECE_RECORDS] = [6, 4, 250];
/** Of each service the first process dies at its second commit. */
const DIES_AT = "2";

test("at least once, processes killed when they have written and not committed lose nothing and keep the order; what they had written comes twice", async () => {
  const address = inject("kafka");
  const folder = mkdtempSync(path.join(tmpdir(), "weir-unsaved-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const name = `unsaved${Date.now().toString(36)}`;
  writeW1Pipeline(folder, { name, partitions: PARTITIONS, windowRecords: null, guarantee: "at-least-once", commitEveryMs: 50 });
  const { topology } = loadPipeline(folder, {});
  await using log = await createKafkaLog({ brokers: [address], clientId: "weir-unsaved" });
  await log.createTopics(topology.topics);

  const live = new Map<string, ReturnType<typeof startProcess>>();
  const start = (service: string, diesAt?: string): ReturnType<typeof startProcess> => {
    const env = { WEIR_SERVICE: service, ...(diesAt !== undefined && { WEIR_DIES_AT: diesAt }) };
    const described = { slot: `${service}-0`, script: "test/e2e/kill/unsaved-main.ts", env };
    const child = startProcess(described, { pipeline: folder, address, logs: folder });
    live.set(service, child);
    return child;
  };
  const endings: unknown[] = [];
  const carry = async (service: string): Promise<void> => {
    endings.push((await once(start(service, DIES_AT), "exit"))[1]);
    start(service);
  };
  onTestFinished(async () => void (await Promise.all([...live.values()].map((child) => ended(child, "SIGKILL")))));
  let isCarried = false;
  const carrying = Promise.all(["gate", "inference", "router"].map(carry)).then(() => (isCarried = true));

  await using producer = await log.producer({ transactionalId: `fill-${name}` });
  const input = w1Input(SEED, PARTITIONS);
  let produced = 0;
  for (; !isCarried; produced += PIECE_RECORDS) {
    const filling = producer.begin();
    input.next(PIECE_RECORDS).write(filling, topology.entryTopic);
    await filling.commit(null);
    await systemClock.sleep(100);
  }
  await carrying;
  await waitForEnds(log, topology, produced, 60_000, w1NumberOf(SEED));
  const codes = await Promise.all([...live.values()].map((child) => ended(child, "SIGTERM")));

  const topics = endTopics(topology);
  const counts = new Map(topics.map((topic) => [topic, 0]));
  await readCommitted(log, topics, (batch) => void counts.set(batch.topic, (counts.get(batch.topic) ?? 0) + batch.count));
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const lanes = await lanesOf(log, topics);
  const offsets = [...(await log.bounds(lanes)).values()].reduce((sum, { end }) => sum + end, 0);
  const seen = await witness({ address, topics, produced, numberOf: w1NumberOf(SEED), counts });
  console.log(`  ${produced} records, ${seen.doubled} written again`);
  expect([endings, codes, offsets]).toEqual([["SIGKILL", "SIGKILL", "SIGKILL"], [0, 0, 0], all]); // an offset a record: no transaction left its marker
  expect(seen).toMatchObject({ records: produced + seen.doubled, lost: 0, outOfOrder: 0, foreign: 0 });
  expect(seen.doubled).toBeGreaterThan(0);
});
