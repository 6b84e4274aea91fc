import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createKafkaLog } from "@weir/kafka";
import { batchOf, partitionOf } from "@weir/record";
import { loadPipeline, systemClock } from "@weir/service";
import type { Log } from "@weir/stream";
import { expect, inject, test } from "vitest";
import { start, weir } from "../command.ts";
import { serviceIn, startFleet } from "../fleet.ts";
import { readCommitted } from "../read-committed.ts";
import { witness } from "../witness.ts";
import { writeTextPipeline } from "./pipeline.ts";

const PARTITIONS = 2;
const KEYS = 20;
/** Every so many records one comes whose number is a text. */
const BAD_EACH = 37;
const WAVES = [400, 200];
const PRODUCED = WAVES.reduce((a, b) => a + b);
const DEADLINE_MS = 120_000;
const encoder = new TextEncoder();

const keyOf = (n: number): string => `key-${n % KEYS}`;
const isBad = (n: number): boolean => n % BAD_EACH === 5;
const valueOf = (n: number): string => JSON.stringify({ id: `r-${n}`, key: keyOf(n), group: 0, n, v: isBad(n) ? String(n) : n });

/** The number of a record as it should come out: with a number, edited or not. */
function numberOf(value: string): number | null {
  const match = /"n":(\d+),"v":(\d+)\}$/.exec(value);
  return match && match[1] === match[2] ? Number(match[1]) : null;
}

async function produce(log: Log, topic: string, from: number, to: number): Promise<void> {
  await using producer = await log.producer({ transactionalId: `fill-${topic}` });
  const transaction = producer.begin();
  for (let n = from; n < to; n++) {
    const key = encoder.encode(keyOf(n));
    const lane = { topic, partition: partitionOf(key, PARTITIONS) };
    transaction.write(lane, batchOf(lane, [{ key, value: encoder.encode(valueOf(n)) }]));
  }
  await transaction.commit(null);
}

async function count(log: Log, ...topics: readonly string[]): Promise<number> {
  let all = 0;
  await readCommitted(log, topics, (batch) => void (all += batch.count));
  return all;
}

test("with sequenced, records of a key come out in their order although some fail, the tool and the gate are killed and new ones come", async () => {
  const address = inject("kafka");
  const folder = mkdtempSync(path.join(tmpdir(), "weir-sequenced-"));
  const name = `sequenced-${Date.now().toString(36)}`;
  writeTextPipeline(folder, name, PARTITIONS);
  const file = path.join(folder, "pipeline.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace("stages:", "onFailure: {sequenced: true}\nstages:"));
  const { topology } = loadPipeline(folder, {});
  await using log = await createKafkaLog({ brokers: [address], clientId: "weir-sequenced-test" });
  await log.createTopics(topology.topics);
  const fleet = startFleet({ pipeline: folder, address, processes: [serviceIn("gate", "gate-0")], logs: folder });
  const until = async (holds: () => Promise<boolean>): Promise<void> => {
    for (const end = systemClock.monotonic() + DEADLINE_MS; !(await holds()); await systemClock.sleep(200))
      if (systemClock.monotonic() > end) throw new Error("it did not come to that");
  };
  const common = ["--pipeline", folder, "--broker", address, "--json"];
  const planFile = path.join(folder, "plan.json");
  /** How many records the plan has. */
  const plan = async (): Promise<number> => {
    const made = await weir(["dlq", "plan", "--map", "/v=double(record.v)", "-o", planFile, ...common]);
    if (made.code !== 0 && made.code !== 5) throw new Error(`the plan failed with ${made.code}:\n${made.stderr}`);
    return (JSON.parse(made.stdout) as { records: number }).records;
  };
  const execute = () =>
    start(["replay", "run", planFile, "--reason", "numbers again", "--by", "user:tests", "--rate", "20/s", "--yes", ...common]);
  try {
    const [first = 0] = WAVES;
    await produce(log, topology.entryTopic, 0, first);
    await until(async () => (await count(log, topology.dlq, topology.waiting("gate"), `${name}.out`)) === first);
    expect(await plan()).toBe(await count(log, topology.dlq)); // one of each key that has a bad record
    expect(await count(log, topology.waiting("gate"))).toBeGreaterThan(50);

    const killed = execute();
    await killed.says("replayed");
    await produce(log, topology.entryTopic, first, PRODUCED);
    killed.signal("SIGKILL");
    await killed.ended;
    await fleet.killAndRestart(0);
    expect(await execute().ended).toMatchObject({ code: 0 });

    // What waited has gone on by itself, to the next bad record of its key.
    await until(async () => {
      if ((await plan()) > 0) {
        const running = execute();
        await systemClock.sleep(700);
        await fleet.killAndRestart(0);
        expect(await running.ended).toMatchObject({ code: 0 });
      }
      console.log(
        folder,
        await count(log, `${name}.out`),
        await count(log, topology.dlq),
        await count(log, topology.waiting("gate")),
        await count(log, `${name}.parked`),
        await count(log, `${name}.gate.replay`),
      );
      return (await count(log, `${name}.out`)) === PRODUCED;
    });
    const seen = await witness({ address, topics: [`${name}.out`], produced: PRODUCED, numberOf });
    expect(seen).toMatchObject({ records: PRODUCED, lost: 0, doubled: 0, outOfOrder: 0, foreign: 0 });
    fleet.assertAlive();
    const audit = await weir(["audit", "counts", ...common]);
    expect(JSON.parse(audit.stdout)).toMatchObject({ balanced: true, entry: PRODUCED, waiting: 0, inFlight: 0 });
  } finally {
    await fleet.kill();
  }
});
