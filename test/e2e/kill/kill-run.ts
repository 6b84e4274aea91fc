import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { batchOf, partitionOf } from "@weir/record";
import { createKafkaLog } from "@weir/kafka";
import { loadPipeline, systemClock } from "@weir/service";
import { writeEndNote, type Log } from "@weir/stream";
import type { Topology } from "@weir/pipeline";
import { createRandom, createW1, writeW1Pipeline } from "@weir/testkit";
import { startFleet, type Fleet, type ServiceProcess } from "./processes.ts";
import { witness, type Witnessed } from "./witness.ts";

export interface KillRun {
  readonly address: string;
  readonly seed: number;
  readonly records: number;
  /** Records a second. */
  readonly rate: number;
  /** One random process is killed this often, until everything has drained. */
  readonly killEveryMs: number;
}

export interface KillResult extends Witnessed {
  readonly seed: number;
  readonly kills: number;
  readonly seconds: number;
}

const PARTITIONS = 4;
const WINDOW_RECORDS = 1000;
const PROCESSES: readonly ServiceProcess[] = [
  { service: "gate", slot: "gate-0" }, { service: "gate", slot: "gate-1" }, { service: "inference", slot: "inference-0" },
  { service: "inference", slot: "inference-1" }, { service: "router", slot: "router-0" },
];
/** Longest time that draining may take once everything is produced. */
const DRAIN_LIMIT_MS = 90_000;

/** Records through five processes, one of them killed every few seconds, until all have reached an end; then asks a foreign reader. */
export async function killRun({ address, seed, records, rate, killEveryMs }: KillRun): Promise<KillResult> {
  const folder = mkdtempSync(path.join(tmpdir(), "weir-kill-"));
  writeW1Pipeline(folder, { name: `kill${seed}-${Date.now().toString(36)}`, partitions: PARTITIONS, windowRecords: WINDOW_RECORDS });
  const { topology } = loadPipeline(folder, {});
  await using log = await createKafkaLog({ brokers: [address], clientId: "weir-kill" });
  await log.createTopics(topology.topics);
  const startedAt = systemClock.monotonic();
  const fleet = startFleet({ pipeline: folder, address, processes: PROCESSES, logs: folder });
  const killer = startKiller(fleet, seed, killEveryMs);
  try {
    await produceAtRate(log, topology, { seed, records, rate });
    await waitForEnds(log, topology, records);
  } finally {
    await killer.stop();
  }
  await fleet.stop();
  const ends = endTopics(topology);
  const seen = await witness({ address, topics: ends, produced: records, numberOf: (value) => numberIn(value, seed) });
  return { seed, kills: killer.kills(), seconds: Math.round((systemClock.monotonic() - startedAt) / 1000), ...seen };
}

function numberIn(value: string, seed: number): number | null {
  const match = new RegExp(`"transaction_id":"tx-${seed.toString(36)}-(\\d{9})`).exec(value);
  return match ? Number(match[1]) : null;
}

function endTopics(topology: Topology): string[] {
  const ports = topology.stages.filter((s) => s.type !== "ingest").flatMap((s) => [...s.outputs].filter(([port]) => !s.next.has(port)).map(([, topic]) => topic));
  return [...new Set([...ports, topology.dlq])];
}

function startKiller(fleet: Fleet, seed: number, everyMs: number): { kills(): number; stop(): Promise<void> } {
  const random = createRandom(seed);
  let kills = 0;
  let stopped = false;
  const killing = (async () => {
    while (!stopped) {
      await systemClock.sleep(everyMs);
      if (stopped) return;
      await fleet.killAndRestart(Math.floor(random() * fleet.live.length));
      kills++;
    }
  })();
  killing.catch(() => {}); // told by `stop`
  return {
    kills: () => kills,
    stop: async () => {
      stopped = true;
      await killing;
    },
  };
}

async function produceAtRate(log: Log, topology: Topology, { seed, records, rate }: Pick<KillRun, "seed" | "records" | "rate">): Promise<void> {
  const make = createW1({ seed });
  const encoder = new TextEncoder();
  const chunk = Math.ceil(rate / 10);
  await using producer = await log.producer({ transactionalId: `fill-${seed}-${Date.now()}` });
  const startedAt = systemClock.monotonic();
  for (let at = 0; at < records; at += chunk) {
    const lists = Array.from({ length: PARTITIONS }, (): { key: Uint8Array; value: Uint8Array }[] => []);
    for (let i = at; i < Math.min(records, at + chunk); i++) {
      const { key, value } = make(i);
      const keyBytes = encoder.encode(key);
      lists[partitionOf(keyBytes, PARTITIONS)]?.push({ key: keyBytes, value: encoder.encode(value) });
    }
    const transaction = producer.begin();
    lists.forEach((list, partition) => {
      const lane = { topic: topology.entryTopic, partition };
      if (list.length > 0) transaction.write(lane, batchOf(lane, list));
    });
    await transaction.commit(null);
    await systemClock.sleep(Math.max(0, startedAt + ((at + chunk) / rate) * 1000 - systemClock.monotonic()));
  }
  const lanes = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: topology.entryTopic, partition }));
  const bounds = await log.bounds(lanes);
  const transaction = producer.begin();
  for (const lane of lanes) writeEndNote(transaction, topology.control, lane, bounds.get(`${lane.topic}/${lane.partition}`)?.end ?? 0);
  await transaction.commit(null);
}

/** Until as many records have come out as went in, or more, or the time is over. */
async function waitForEnds(log: Log, topology: Topology, records: number): Promise<void> {
  const positions = endTopics(topology).flatMap((topic) => Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition, offset: 0 })));
  await using fetcher = log.fetcher();
  const deadline = systemClock.monotonic() + DRAIN_LIMIT_MS;
  for (let count = 0; count < records && systemClock.monotonic() < deadline; ) {
    const { batches } = await fetcher.fetch(positions, 500);
    for (const batch of batches) {
      count += batch.count;
      const at = positions.find((p) => p.topic === batch.topic && p.partition === batch.partition);
      if (at) at.offset = batch.nextOffset;
    }
  }
}
