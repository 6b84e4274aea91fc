import { writeFileSync } from "node:fs";
import path from "node:path";
import { batchOf, type Batch, recordAt } from "@weir/record";
import type { Topology } from "@weir/pipeline";
import { systemClock } from "@weir/service";
import type { Log } from "@weir/stream";
import { endInput } from "../w1-input.ts";
import { followCommitted, readCommitted } from "../read-committed.ts";

// One partition, and windows of many parts: the first passes, the second is condemned, the third is what is left.

export const SIZE = 3000;
export const RECORDS: number = 2 * SIZE + 600;
/** Of the first window, for as long as it is to be held. */
export const HELD: number = 0.8 * SIZE;
/** Records of a part: what one fetch brings. */
export const PART = 60;
export const PART_BYTES = 4096;

const CONTRACT = {
  type: "object",
  properties: { id: { type: "string" }, n: { type: "integer" }, x: { type: ["number", "null"] } },
  required: ["id", "n"],
};

const specOf = (name: string): string => `apiVersion: weir/v1
kind: Pipeline
metadata: {name: ${name}, owner: user:tests}
partitions: 1
record: {contract: record.schema.json, format: json, id: /id, key: /id}
delivery: {guarantee: exactly-once, commit: {every: 20ms, bytes: 1KiB}} # one transaction a part
stages:
  ingest: {type: ingest, out: gate}
  gate:
    type: gate
    window: {kind: count, size: ${SIZE}, hold: true}
    rules:
      - {id: contract, kind: schema}
      - {id: x, kind: required, field: /x, action: quarantineRecord}
      - {id: nulls, kind: nullRate, field: /x, max: 5%, action: quarantineWindow}
    pass: {topic: ${name}.pass}
`;

export function writeParts(folder: string, name: string): void {
  writeFileSync(path.join(folder, "pipeline.yaml"), specOf(name));
  writeFileSync(path.join(folder, "record.schema.json"), JSON.stringify(CONTRACT));
}

const idOf = (n: number): string => `r-${String(n).padStart(6, "0")}`;

/** The last record of every part is a dead letter; one in fifty has no x, in the second window one in five. */
function valueOf(n: number): string {
  const every = n >= SIZE && n < 2 * SIZE ? 5 : 50;
  const x = n % every === 2 ? null : n / 8;
  return JSON.stringify({ id: idOf(n), n, x: n % PART === PART - 1 ? "text" : x });
}

export const numberOf = (value: string): number => Number(/"n":(\d+)/.exec(value)?.[1] ?? NaN);

const encoder = new TextEncoder();

/** Records `from` to before `to` in one transaction, a batch for every part. */
export async function produceParts(log: Log, topology: Topology, from: number, to: number): Promise<void> {
  const lane = { topic: topology.entryTopic, partition: 0 };
  await using producer = await log.producer({ transactionalId: `${topology.entryTopic}-input` });
  const transaction = producer.begin();
  for (let first = from; first < to; first += PART) {
    const numbers = Array.from({ length: Math.min(PART, to - first) }, (_, i) => first + i);
    const records = numbers.map((n) => ({ key: encoder.encode(idOf(n)), value: encoder.encode(valueOf(n)) }));
    transaction.write(lane, batchOf(lane, records));
    await transaction.flush();
  }
  await transaction.commit(null);
  // A broker writes the marker of the commit a little later; what follows must lie behind it in every run.
  for (let bounds = null; bounds === null || bounds.latest !== bounds.end; await systemClock.sleep(5))
    bounds = [...(await log.bounds([lane])).values()][0] ?? null;
  if (to === RECORDS) await endInput(log, producer, topology);
}

/** What a reader of committed records sees of the gate. */
export interface Seen {
  /** Numbers of the records that have left, dead letters apart. */
  readonly left: readonly number[];
  /** Windows with a verdict. */
  readonly judged: readonly string[];
  /** First offset that the gate has not taken in, as its state says. */
  readonly next: number;
}

interface View {
  readonly topics: readonly string[];
  take(batch: Batch): void;
  seen(): Seen;
}

function createView({ topology, name }: Watched): View {
  const [left, judged]: [number[], string[]] = [[], []];
  let next = 0;
  const decoder = new TextDecoder();
  const takeOne: Readonly<Record<string, (value: string, key: string) => void>> = {
    [`${name}.pass`]: (value) => void left.push(numberOf(value)),
    [`${name}.gate.quarantine`]: (value) => void left.push(numberOf(value)),
    [topology.verdicts]: (_, key) => void judged.push(key),
    [topology.state("gate")]: (value, key) => {
      if (key.startsWith("lane/")) next = (JSON.parse(value) as { next: number }).next;
    },
  };
  return {
    topics: Object.keys(takeOne),
    take: (batch) => {
      for (let row = 0; row < batch.count; row++) {
        const { key, value } = recordAt(batch, row);
        if (value !== null) takeOne[batch.topic]?.(decoder.decode(value), decoder.decode(key ?? undefined));
      }
    },
    seen: () => ({ left, judged, next }),
  };
}

export interface Watched {
  readonly log: Log;
  readonly topology: Topology;
  /** Of the pipeline. */
  readonly name: string;
}

const LIMIT_MS = 60_000;

/** Resolves as soon as what is committed is so. */
export async function until(watched: Watched, holds: (seen: Seen) => boolean): Promise<void> {
  const { topics, take, seen } = createView(watched);
  const deadline = systemClock.monotonic() + LIMIT_MS;
  await followCommitted(watched.log, topics, take, () => {
    if (systemClock.monotonic() > deadline) throw new Error(`it did not come to that: ${JSON.stringify({ ...seen(), left: seen().left.length })}`); // prettier-ignore
    return holds(seen());
  });
}

/** What is committed now. */
export async function look(watched: Watched): Promise<Seen> {
  const { topics, take, seen } = createView(watched);
  await readCommitted(watched.log, topics, take);
  return seen();
}
