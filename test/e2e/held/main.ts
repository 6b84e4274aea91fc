import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startEmbedded } from "@weir/broker";
import { createKafkaLog } from "@weir/kafka";
import { recordAt } from "@weir/record";
import { loadPipeline, systemClock } from "@weir/service";
import type { Log } from "@weir/stream";
import { createRandom, writeW1Pipeline } from "@weir/testkit";
import { wholeNumbers } from "../flags.ts";
import { serviceIn, startFleet, type Fleet } from "../fleet.ts";
import { followCommitted } from "../read-committed.ts";
import { w1Input, w1NumberOf } from "../w1-input.ts";

// `node start.mjs faults held [--records N] [--kills N] [--seed N]`: one window larger than memory and than any transaction is held,
// judged and let go by a gate in a process of its own, which is killed on the way. Every record must come out once, in order.

const PIECE = 20_000;
const LIMIT_MS = 480_000;

async function main(): Promise<void> {
  const { records, kills, seed } = wholeNumbers(process.argv.slice(2), { records: 2_000_000, kills: 2, seed: 1 });
  const folder = mkdtempSync(path.join(tmpdir(), "weir-held-"));
  const broker = await startEmbedded({ dataDir: path.join(folder, "kafka"), port: 0 });
  let fleet: Fleet | null = null;
  try {
    await using log = await createKafkaLog({ brokers: [broker.address], clientId: "weir-held" });
    writeW1Pipeline(folder, { name: "held", partitions: 1, windowRecords: records });
    const { topology } = loadPipeline(folder, {});
    await log.createTopics(topology.topics);
    await produce(log, topology.entryTopic, records, seed);
    fleet = startFleet({ pipeline: folder, address: broker.address, processes: [serviceIn("gate", "gate-0")], logs: folder });
    const started = systemClock.monotonic();
    const result = await watch(log, fleet, { records, kills, seed, topics: ["held.gate.pass", "held.gate.quarantine", "held.dlq"] });
    const seconds = Math.round((systemClock.monotonic() - started) / 1000);
    console.log(JSON.stringify({ seed, records, kills: result.kills, seconds, ...result.seen, peakMb: Math.round(result.peakKb / 1024) }));
    process.exitCode = result.seen.lost + result.seen.doubled + result.seen.disordered === 0 ? 0 : 1;
  } finally {
    await fleet?.kill();
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function produce(log: Log, topic: string, records: number, seed: number): Promise<void> {
  await using producer = await log.producer({ transactionalId: "held-input" });
  const input = w1Input(seed, 1);
  for (let left = records; left > 0; left -= PIECE) {
    const transaction = producer.begin();
    input.next(Math.min(PIECE, left)).write(transaction, topic);
    await transaction.commit(null);
  }
}

interface Watch {
  readonly records: number;
  readonly kills: number;
  readonly seed: number;
  readonly topics: readonly string[];
}

/** Reads what comes out; kills the gate while parts of the window leave, at places that the seed chooses. */
async function watch(log: Log, fleet: Fleet, { records, kills, seed, topics }: Watch) {
  const numberOf = w1NumberOf(seed);
  const decoder = new TextDecoder();
  const seen = new Uint8Array(records);
  const newest = new Map<string, number>();
  const random = createRandom(seed);
  const at = Array.from({ length: kills }, () => Math.floor(random() * records)).sort((a, b) => a - b);
  let [count, doubled, disordered, killed, peakKb] = [0, 0, 0, 0, 0];
  const deadline = systemClock.monotonic() + LIMIT_MS;
  await followCommitted(
    log,
    topics,
    (batch) => {
      for (let row = 0; row < batch.count; row++) {
        const number = numberOf(decoder.decode(recordAt(batch, row).value ?? new Uint8Array()));
        if (number === null) continue;
        if (seen[number]!++ > 0) doubled++; // a number of the input
        else count++;
        if (number < (newest.get(batch.topic) ?? -1)) disordered++;
        newest.set(batch.topic, number);
      }
      peakKb = Math.max(peakKb, peakOf(fleet.pids()[0]));
      if (killed < kills && count > at[killed]!) {
        killed++;
        void fleet.killAndRestart(0);
      }
    },
    () => {
      peakKb = Math.max(peakKb, peakOf(fleet.pids()[0]));
      return count === records || systemClock.monotonic() > deadline;
    },
  );
  return { kills: killed, peakKb, seen: { out: count, lost: records - count, doubled, disordered } };
}

/** Greatest resident size of a process, in KiB; 0 while it cannot be read. */
function peakOf(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

await main();
