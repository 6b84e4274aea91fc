import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePorts, startEmbedded, type EmbeddedBroker } from "@weir/broker";
import { createKafkaLog } from "@weir/kafka";
import { recordAt } from "@weir/record";
import { loadPipeline, systemClock } from "@weir/service";
import type { Topology } from "@weir/pipeline";
import type { Log } from "@weir/stream";
import { serviceIn, startFleet, type Fleet } from "../fleet.ts";
import { followCommitted, readCommitted } from "../read-committed.ts";
import { witness, type Witnessed } from "../witness.ts";
import { runClient, type ClientResult } from "./client.ts";
import { writeDoorPipeline } from "./folder.ts";

export interface DoorsRun {
  readonly records: number;
  readonly clients: number;
  /** Records of one request. */
  readonly batch: number;
  readonly kills: number;
  readonly note: (line: string) => void;
}

export interface DoorsResult {
  readonly records: number;
  readonly seconds: number;
  /** Accepted records a second, faults included. */
  readonly rate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** From the first attempt of a request to its answer, faults included. */
  readonly p99WholeMs: number;
  readonly longestMs: number;
  readonly kills: number;
  readonly brokerRestarts: number;
  /** Most memory that a process of the door had at any time: resident, in MB; null where the system does not tell. */
  readonly peakMb: number | null;
  /** Attempts without 202, by status; 0: no answer. */
  readonly failed: Readonly<Record<string, number>>;
  /** Ids that the entry topic has more than once, of clients that send an Idempotency-Key. */
  readonly keyedTwice: number;
  /** The same of clients that send none: the gate's rule is for them. */
  readonly plainTwice: number;
  /** Behind the gate, as Kafka's console consumer sees it. */
  readonly behindGate: Witnessed;
}

const PARTITIONS = 2;
const LIMIT_MS = 540_000;

/** Clients by HTTP, every other one with keys; the door killed and the broker restarted meanwhile. */
export async function doorsRun(options: DoorsRun): Promise<DoorsResult> {
  const folder = mkdtempSync(path.join(tmpdir(), "weir-doors-"));
  const dataDir = mkdtempSync(path.join(tmpdir(), "weir-doors-data-"));
  const broker = await startEmbedded({ dataDir, port: 0, note: options.note });
  try {
    const name = `doors-${Date.now().toString(36)}`;
    writeDoorPipeline(folder, name, PARTITIONS);
    const { topology } = loadPipeline(folder, {});
    await using log = await createKafkaLog({ brokers: [broker.address], clientId: "weir-doors" });
    await log.createTopics(topology.topics);
    const [port = 0] = await freePorts(1);
    const fleet = startFleet({
      pipeline: folder,
      address: broker.address,
      logs: folder,
      processes: [{ ...serviceIn("ingest", "ingest-0"), env: { WEIR_PORT: String(port) } }, serviceIn("gate", "gate-0")],
    });
    try {
      await waitUntilReady(port);
      return await measure(options, { broker, log, topology, fleet, port, path: `/v1/${name}/records` });
    } finally {
      await fleet.kill();
    }
  } finally {
    await broker.stop();
  }
}

interface Running {
  readonly broker: EmbeddedBroker;
  readonly log: Log;
  readonly topology: Topology;
  readonly fleet: Fleet;
  readonly port: number;
  readonly path: string;
}

async function measure({ records, clients, batch, kills, note }: DoorsRun, running: Running): Promise<DoorsResult> {
  const { broker, log, topology, fleet, port } = running;
  const startedAt = performance.now();
  const share = Math.ceil(records / clients);
  const isKeyed = (client: number): boolean => client % 2 === 0;
  let accepted = 0;
  const working = Array.from({ length: clients }, (_, client) =>
    runClient({
      port,
      path: running.path,
      from: client * share,
      to: Math.min((client + 1) * share, records),
      batch,
      isKeyed: isKeyed(client),
      recordOf: (n) => {
        accepted = Math.max(accepted, 0) + 1; // asked for once a record: how far the clients are
        return `{"id":"r-${n}","n":${n},"note":"${"x".repeat(100)}"}`;
      },
      deadline: startedAt + LIMIT_MS,
    }),
  );
  const all = Promise.all(working);
  all.catch(() => {}); // awaited below
  const faults = hurt({ kills, records, progress: () => accepted, broker, fleet, note });
  faults.catch(() => {}); // awaited below
  const results = await all;
  const seconds = (performance.now() - startedAt) / 1000;
  note(`${records} records accepted after ${seconds.toFixed(1)} s; waiting for the gate`);
  const entry = await countIds(log, topology.entryTopic, records);
  await waitForGate(log, topology, entry.total);
  const peaks = [...(await faults), peakMbOf(fleet)].filter((mb) => mb !== null);
  await fleet.stop();
  const pass = topology.stages.find((s) => s.type === "gate")?.outputs.get("pass") ?? "";
  const counts = new Map([[pass, (await countIds(log, pass, records)).total]]); // one too many would be seen in it
  const behindGate = await witness({ address: broker.address, topics: [pass], produced: records, numberOf: numberIn, counts });
  return {
    ...timesOf(results),
    records,
    seconds: Math.round(seconds * 10) / 10,
    rate: Math.round(records / seconds),
    kills,
    brokerRestarts: 1,
    peakMb: peaks.length === 0 ? null : Math.max(...peaks),
    keyedTwice: entry.twice((n) => isKeyed(Math.floor(n / share))),
    plainTwice: entry.twice((n) => !isKeyed(Math.floor(n / share))),
    behindGate,
  };
}

interface Hurting {
  readonly kills: number;
  readonly records: number;
  readonly progress: () => number;
  readonly broker: EmbeddedBroker;
  readonly fleet: Fleet;
  readonly note: (line: string) => void;
}

/** Kills of the door and one restart of the broker, evenly over the records; gives the peaks of the doors that were killed. */
async function hurt({ kills, records, progress, broker, fleet, note }: Hurting): Promise<(number | null)[]> {
  const peaks: (number | null)[] = [];
  const faults = Array.from({ length: kills + 1 }, (_, i) => (i === Math.floor((kills + 1) / 2) ? "broker" : "door"));
  for (const [i, fault] of faults.entries()) {
    const at = ((i + 1) * records) / (faults.length + 1);
    while (progress() < at) await systemClock.sleep(5);
    note(`${progress()} records sent: ${fault === "door" ? "kill -9 of the door" : "restart of the broker"}`);
    if (fault === "door") {
      peaks.push(peakMbOf(fleet));
      await fleet.killAndRestart(0);
    } else {
      await broker.stopNode(1, "clean");
      await broker.startNode(1);
    }
  }
  return peaks;
}

/** Of the door's process. */
function peakMbOf(fleet: Fleet): number | null {
  try {
    const kB = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${fleet.pids()[0] ?? 0}/status`, "utf8"))?.[1];
    return kB === undefined ? null : Math.round(Number(kB) / 1024);
  } catch {
    return null;
  }
}

async function waitUntilReady(port: number): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  while (performance.now() < deadline) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null);
    if (answer?.status === 200) return;
    await systemClock.sleep(50);
  }
  throw new Error("the door was not ready in time");
}

/** How often each number is in the topic. */
async function countIds(log: Log, topic: string, records: number): Promise<{ total: number; twice(of: (n: number) => boolean): number }> {
  const times = new Uint16Array(records);
  let total = 0;
  await readCommitted(log, [topic], (batch) => {
    for (let row = 0; row < batch.count; row++) {
      const n = numberIn(Buffer.from(recordAt(batch, row).value ?? []).toString());
      if (n !== null) times[n] = (times[n] ?? 0) + 1;
      total++;
    }
  });
  return { total, twice: (of) => times.reduce((sum, count, n) => sum + (of(n) ? Math.max(0, count - 1) : 0), 0) };
}

async function waitForGate(log: Log, topology: Topology, records: number): Promise<void> {
  const gate = topology.stages.find((s) => s.type === "gate");
  const topics = [...(gate?.outputs.values() ?? []), topology.dlq];
  const deadline = performance.now() + LIMIT_MS;
  let count = 0;
  await followCommitted(
    log,
    topics,
    (batch) => (count += batch.count),
    () => count >= records || performance.now() > deadline,
  );
}

function numberIn(value: string): number | null {
  const found = /"n":(\d+)/.exec(value)?.[1];
  return found === undefined ? null : Number(found);
}

function timesOf(results: readonly ClientResult[]): Pick<DoorsResult, "p50Ms" | "p99Ms" | "p99WholeMs" | "longestMs" | "failed"> {
  const answered = results.flatMap((r) => r.answeredMs).sort((a, b) => a - b);
  const whole = results.flatMap((r) => r.wholeMs).sort((a, b) => a - b);
  const at = (sorted: readonly number[], share: number): number =>
    Math.round(10 * (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0)) / 10;
  const failed: Record<string, number> = {};
  for (const result of results) for (const [status, count] of result.failed) failed[status] = (failed[status] ?? 0) + count;
  return { p50Ms: at(answered, 0.5), p99Ms: at(answered, 0.99), p99WholeMs: at(whole, 0.99), longestMs: at(whole, 1), failed };
}
