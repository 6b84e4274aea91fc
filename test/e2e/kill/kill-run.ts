import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createKafkaLog } from "@weir/kafka";
import { loadPipeline, systemClock } from "@weir/service";
import type { Log } from "@weir/stream";
import type { Topology } from "@weir/pipeline";
import { createRandom, writeW1Pipeline } from "@weir/testkit";
import { endTopics, waitForEnds } from "../ends.ts";
import { serviceIn, startFleet, type Fleet, type FleetProcess } from "../fleet.ts";
import { endInput, w1Input, w1NumberOf } from "../w1-input.ts";
import { witness, type Witnessed } from "../witness.ts";

export interface KillRun {
  readonly address: string;
  readonly seed: number;
  readonly records: number;
  /** Records a second. */
  readonly rate: number;
  /** One random process is killed this often, until everything has drained. */
  readonly killEveryMs: number;
  /** Of what the processes write. */
  readonly compression?: "none" | "lz4-stored";
}

export interface KillResult extends Witnessed {
  readonly seed: number;
  readonly kills: number;
  readonly seconds: number;
}

const PARTITIONS = 4;
const WINDOW_RECORDS = 1000;
const PROCESSES: readonly FleetProcess[] = [
  serviceIn("gate", "gate-0"),
  serviceIn("gate", "gate-1"),
  serviceIn("inference", "inference-0"),
  serviceIn("inference", "inference-1"),
  serviceIn("router", "router-0"),
];
/** Longest silence at the ends after everything was produced. */
const SILENCE_MS = 60_000;

/** Records through five processes, one of them killed every few seconds, until all have reached an end; then asks a foreign reader. */
export async function killRun({ address, seed, records, rate, killEveryMs, compression }: KillRun): Promise<KillResult> {
  const folder = mkdtempSync(path.join(tmpdir(), "weir-kill-"));
  const name = `kill${seed}-${Date.now().toString(36)}`;
  writeW1Pipeline(folder, { name, partitions: PARTITIONS, windowRecords: WINDOW_RECORDS, ...(compression && { compression }) });
  const { topology } = loadPipeline(folder, {});
  await using log = await createKafkaLog({ brokers: [address], clientId: "weir-kill" });
  await log.createTopics(topology.topics);
  const startedAt = systemClock.monotonic();
  const fleet = startFleet({ pipeline: folder, address, processes: PROCESSES, logs: folder });
  const killer = startKiller(fleet, seed, killEveryMs);
  try {
    await produceAtRate(log, topology, { seed, records, rate });
    await waitForEnds(log, topology, records, SILENCE_MS);
  } catch (error) {
    await killer.stop().catch(() => {}); // the first fault is the one to tell
    await fleet.kill();
    throw error;
  }
  await killer.stop();
  await fleet.stop();
  const seen = await witness({ address, topics: endTopics(topology), produced: records, numberOf: w1NumberOf(seed), log });
  return { seed, kills: killer.kills(), seconds: Math.round((systemClock.monotonic() - startedAt) / 1000), ...seen };
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

async function produceAtRate(
  log: Log,
  topology: Topology,
  { seed, records, rate }: Pick<KillRun, "seed" | "records" | "rate">,
): Promise<void> {
  const input = w1Input(seed, PARTITIONS);
  const chunk = Math.ceil(rate / 10);
  await using producer = await log.producer({ transactionalId: `fill-${seed}-${Date.now()}` });
  const startedAt = systemClock.monotonic();
  for (let at = 0; at < records; at += chunk) {
    const transaction = producer.begin();
    input.next(Math.min(chunk, records - at)).write(transaction, topology.entryTopic);
    await transaction.commit(null);
    await systemClock.sleep(Math.max(0, startedAt + ((at + chunk) / rate) * 1000 - systemClock.monotonic()));
  }
  await endInput(log, producer, topology);
}
