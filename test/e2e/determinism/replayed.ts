import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { buildStageWithin } from "@weir/gate";
import { batchOf, partitionOf, recordAt, type Lane, type PlainRecord } from "@weir/record";
import { createMetrics, fuse, loadPipeline, runChain, systemClock, type LoadedPipeline, type RunningChain } from "@weir/service";
import { writeEndNote, type Log } from "@weir/stream";
import { createRandom } from "@weir/testkit";
import { ROOT } from "../command.ts";
import { BUILDERS, createStatusReader, isDrained, SILENT } from "../in-process.ts";
import { readCommitted } from "../read-committed.ts";
import { Killed, mortalLog, type Ending, type Life } from "./mortal-log.ts";

/** Three days of flights, two of the storm, by carrier; and some that cannot be read. */
const FIRST_DAY = "2013-02-07";
const LAST_DAY = "2013-02-09";
/** And two more, on which they fly again. */
const FLYING_AGAIN = "2013-02-11";
const BAD = ["not JSON", '{"id":"2013-02-07-bad","event_time":"yesterday"}', "[]"];
const PIECE = 500;

export type Partitions = 1 | 3 | 12;

/** One way to run it: everything that must not matter. */
export interface Way {
  readonly fused: boolean;
  readonly seed: number;
  /** Records of a lane that one poll brings at most; from 1. */
  readonly polls: number;
  /** Things that reach the log until a process dies, on average; 0: it does not. */
  readonly lifetime: number;
  /** Windows leave in parts of so many bytes; default whole. */
  readonly partBytes?: number;
  /** The gate dies at every second of these instead. */
  readonly dies?: GateMoment;
}

/** Around a commit of the gate: of records that it goes on to hold, of a verdict, of a part of a window that leaves after its verdict. */
export interface GateMoment {
  readonly what: "hold" | "verdict" | "part";
  readonly when: "before" | "after";
}

function isMoment({ what, when }: GateMoment, { topology }: LoadedPipeline, ending: Ending | undefined): boolean {
  if (ending?.when !== when) return false;
  const outputs = topology.stages.find(({ type }) => type === "gate")?.outputs ?? new Map<string, string>();
  const [told, left] = [ending.topics.has(topology.verdicts), [...outputs.values()].some((topic) => ending.topics.has(topic))];
  return what === "verdict" ? told : !told && left === (what === "part");
}

/** How the windows of the flights pipeline are cut there. */
const DAYS = "kind: time, scope: global, every: 1d, offset: 5h, lateness: 0s, hold: true";
/** Others, of which every partition has its own. */
export const WINDOWS = {
  breaker: "kind: time, every: 6h, offset: 5h, lateness: 1h, breaker: {closeAfter: 2}",
  sliding: "kind: sliding, every: 2h, over: 12h, lateness: 1h, hold: true",
  slidingBreaker: "kind: sliding, every: 2h, over: 6h, lateness: 0s, breaker: {closeAfter: 1}",
} as const;
export type Window = keyof typeof WINDOWS | "days";

/** What the records are read through. */
export interface World {
  readonly partitions: Partitions;
  readonly window: Window;
  readonly name?: string;
}

/** The flights pipeline with other partitions, perhaps with other windows, and windows that are larger than a transaction. */
export function flightsWith({ name = "same", partitions, window }: World): { readonly loaded: LoadedPipeline; remove(): void } {
  const folder = mkdtempSync(path.join(tmpdir(), "weir-determinism-"));
  const from = path.join(ROOT, "deploy/pipelines/flights");
  mkdirSync(folder, { recursive: true });
  cpSync(from, folder, { recursive: true, filter: (file) => !/\/data|\/scripts/.test(file) });
  const file = path.join(folder, "pipeline.yaml");
  const spec = readFileSync(file, "utf8")
    .replace("name: flights", `name: ${name}`)
    .replace("topic: flights.gate.quarantine", `topic: ${name}.gate.quarantine`)
    .replace("partitions: 4", `partitions: ${partitions}`)
    .replace(DAYS, window === "days" ? DAYS : WINDOWS[window])
    .replace("key: /origin", "key: /carrier")
    .replace("every: 100ms, bytes: 8MiB", "every: 20ms, bytes: 64KiB");
  writeFileSync(file, spec);
  return { loaded: loadPipeline(folder, {}), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Writes the log that every way reads: the same records at the same offsets, and its end. */
export async function writeFlights(log: Log, { topology }: LoadedPipeline, { partitions, window }: World): Promise<number> {
  const lastDay = window === "days" ? LAST_DAY : FLYING_AGAIN;
  const encoder = new TextEncoder();
  const lines = gunzipSync(readFileSync(path.join(ROOT, "deploy/pipelines/flights/data/sample.ndjson.gz"))).toString().trim().split("\n"); // prettier-ignore
  const flights = lines.filter((line) => line.slice(7, 17) >= FIRST_DAY && line.slice(7, 17) <= lastDay);
  flights.splice(700, 0, ...BAD);
  await using producer = await log.producer({ transactionalId: "determinism" });
  const lanes = Array.from({ length: partitions }, (_, partition) => ({ topic: topology.entryTopic, partition }));
  for (let at = 0; at < flights.length; at += PIECE) {
    const transaction = producer.begin();
    for (let partition = 0; partition < partitions; partition++) {
      const lane = { topic: topology.entryTopic, partition };
      const records = flights.slice(at, at + PIECE).flatMap((line) => {
        const key = encoder.encode(/"carrier":"(..)"/.exec(line)?.[1] ?? "bad");
        return partitionOf(key, partitions) === partition ? [{ key, value: encoder.encode(line) }] : [];
      });
      if (records.length > 0) transaction.write(lane, batchOf(lane, records));
    }
    await transaction.commit(null);
    await untilMarked(log, lanes);
  }
  const transaction = producer.begin();
  const bounds = await log.bounds(lanes);
  for (const lane of lanes) writeEndNote(transaction, topology.control, lane, bounds.get(`${lane.topic}/${lane.partition}`)?.end ?? 0);
  await transaction.commit(null);
  return flights.length;
}

/** A broker writes the markers of a commit a little later: between which records they lie must not depend on that. */
async function untilMarked(log: Log, lanes: readonly Lane[]): Promise<void> {
  while ([...(await log.bounds(lanes)).values()].some(({ latest, end }) => latest !== end)) await systemClock.sleep(5);
}

/** Runs the pipeline over the log until everything is decided, in as many lives as it takes. Gives how often a process died. */
export async function runThrough(log: Log, loaded: LoadedPipeline, records: number, way: Way): Promise<number> {
  const random = createRandom(way.seed);
  let deaths = 0;
  let moments = 0;
  let over = false;
  const isGate = (ids: readonly string[]): boolean => loaded.topology.stages.some(({ id, type }) => type === "gate" && ids.includes(id));
  const stages = loaded.topology.stages.filter((s) => s.type !== "ingest").map((s) => s.id);
  const chains = way.fused ? fuse(loaded.topology, () => false) : stages.map((id) => [id]);
  const running = new Map<string, RunningChain>();
  const keepRunning = async (stageIds: readonly string[]): Promise<void> => {
    while (!over) {
      let left = way.lifetime === 0 ? Infinity : 1 + Math.floor(random() * 2 * way.lifetime);
      const { dies } = way;
      const life: Life = {
        poll: () => 1 + Math.floor(random() * way.polls),
        diesNow: (ending) => (dies ? isGate(stageIds) && isMoment(dies, loaded, ending) && ++moments % 2 === 1 : --left < 0),
      };
      try {
        const chain = await startChain(mortalLog(log, life), loaded, stageIds, way);
        running.set(stageIds.join("+"), chain);
        await chain.done;
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
        deaths++;
      }
    }
  };
  const working = Promise.all(chains.map(keepRunning));
  let failure: Error | null = null;
  working.catch((error: unknown) => (failure = error instanceof Error ? error : new Error(String(error))));
  const reader = createStatusReader(loaded, log);
  for (;;) {
    if (failure !== null) throw failure as Error; // set behind the back of the compiler
    if (isDrained(await reader.read(), records)) break;
    await systemClock.sleep(20);
  }
  over = true;
  await Promise.all([...running.values()].map((chain) => chain.stop()));
  await working;
  return deaths;
}

function startChain(log: Log, loaded: LoadedPipeline, stageIds: readonly string[], { partBytes }: Way): Promise<RunningChain> {
  return runChain({
    loaded,
    stageIds,
    builders: new Map([...BUILDERS, ["gate", buildStageWithin(partBytes === undefined ? {} : { partBytes })]]),
    log,
    clock: systemClock,
    slot: `${stageIds.join("-")}-0`,
    transactionTimeoutMs: 30_000,
    missingOffsets: "stop",
    meter: createMetrics(),
    eventsOf: () => ({ ...SILENT, replaced: () => {} }),
  });
}

/** By topic and partition; the pipeline is called P in them, and its digest S. */
export type Outputs = ReadonlyMap<string, readonly string[]>;

/** Everything that came out, record by record and byte by byte: by topic and partition, in order, where nobody of the pipeline reads on; dead letters of several stages and verdicts of several partitions sorted. */
export async function outputsOf(log: Log, { pipeline, topology }: LoadedPipeline): Promise<Outputs> {
  const named = (text: string): string => text.replaceAll(pipeline.name, "P").replaceAll(pipeline.digest, "S");
  const ends = topology.stages.flatMap((s) => [...s.outputs].flatMap(([port, topic]) => (s.next.has(port) ? [] : [topic])));
  const outputs = new Map<string, string[]>();
  for (const topic of [...ends, topology.dlq, topology.verdicts]) {
    const sorted = topic === topology.dlq || topic === topology.verdicts;
    await readCommitted(log, [topic], (batch) => {
      const place = `${named(topic)}/${batch.partition}`;
      const lines = outputs.get(place) ?? [];
      outputs.set(place, lines);
      for (let row = 0; row < batch.count; row++) lines.push(named(lineOf(recordAt(batch, row))));
    });
    if (sorted) for (const [place, lines] of outputs) if (place.startsWith(`${named(topic)}/`)) lines.sort();
  }
  return outputs;
}

/** When something failed, and where it lay between two stages, depends on the run; nothing else does. */
const OF_THE_RUN = /^(?:weir\.dlq\.(?:failed-at|first-failed-at|origin)|__dlq\.errors\.offset)$/;
const decoder = new TextDecoder();

function lineOf({ key, value, headers }: PlainRecord): string {
  const told = headers.filter((h) => !OF_THE_RUN.test(h.key)).map((h) => `${h.key}=${h.value === null ? "∅" : decoder.decode(h.value)}`);
  return [key === null ? "∅" : decoder.decode(key), value === null ? "∅" : decoder.decode(value), ...told].join("\t");
}

const SHOWN = 3;

/** The first lines that differ, for people. */
export function differences(expected: Outputs, found: Outputs): string[] {
  const told: string[] = [];
  for (const place of new Set([...expected.keys(), ...found.keys()])) {
    const [a = [], b = []] = [expected.get(place), found.get(place)];
    for (let i = 0; i < Math.max(a.length, b.length) && told.length < SHOWN; i++)
      if (a[i] !== b[i]) told.push(`${place}, record ${i}: ${apart(a[i] ?? "nothing", b[i] ?? "nothing")}`);
  }
  return told;
}

function apart(expected: string, found: string): string {
  let at = 0;
  while (expected[at] === found[at]) at++;
  const near = (text: string): string => text.slice(Math.max(0, at - 60), at + 60);
  return `expected …${near(expected)}…, found …${near(found)}…`;
}
