import { createCountsView, parseExecution, pipelineStatus, sum } from "@weir/monitor";
import { laneKey, recordAt } from "@weir/record";
import { systemClock, type LoadedPipeline } from "@weir/service";
import type { Log } from "@weir/stream";
import { endTopics } from "../ends.ts";
import { lanesOf, readCommitted } from "../read-committed.ts";
import { untilAnswered } from "../until-answered.ts";
import { w1NumberOf } from "../w1-input.ts";
import { Places, readAll, type Follower } from "./kcat.ts";

/** What must hold after every fault; all zero and empty when it does. */
export interface Judgement {
  readonly lost: number;
  readonly doubled: number;
  /** Records that came before an earlier one of the same key on the same topic. */
  readonly outOfOrder: number;
  /** Records that nobody produced. */
  readonly foreign: number;
  /** Records that a committed reader was given during the faults and that are not there afterwards. */
  readonly vanished: number;
  /** Copies of the sample that are missing or too many. */
  readonly copies: number;
  /** Stages whose `in` is not the sum of their ports and what they hold, or that others sent more or less. */
  readonly unbalanced: readonly string[];
  /** Lanes whose committed offset is not the end, or whose end is not stable: something is open. */
  readonly unsettled: readonly string[];
}

export const SPOTLESS: Judgement = {
  lost: 0,
  doubled: 0,
  outOfOrder: 0,
  foreign: 0,
  vanished: 0,
  copies: 0,
  unbalanced: [],
  unsettled: [],
};

export interface Evidence {
  readonly log: Log;
  /** Where the witness reads: past the proxy. */
  readonly address: string;
  readonly loaded: LoadedPipeline;
  readonly seed: number;
  readonly produced: number;
  readonly follower: Follower;
}

const SETTLED_WITHIN_MS = 30_000;
const LOOK_MS = 250;
const decoder = new TextDecoder();

export interface Judged {
  readonly judgement: Judgement;
  /** At the ends, copies apart. */
  readonly records: number;
}

export async function judge(evidence: Evidence): Promise<Judged> {
  const unsettled = await untilSettled(evidence);
  const { topology } = evidence.loaded;
  const ends = endTopics(topology);
  const samples = new Set(sampleTopics(evidence.loaded));
  const seen = new Uint8Array(evidence.produced);
  const copied = new Uint8Array(evidence.produced);
  const places = new Places();
  const numberOf = w1NumberOf(evidence.seed);
  let outOfOrder = 0;
  let foreign = 0;
  for (const topic of [...ends, ...samples]) {
    const last = new Map<string, number>();
    const counts = samples.has(topic) ? copied : seen;
    for await (const record of readAll(evidence.address, topic)) {
      places.add(record);
      const number = numberOf(record.value);
      if (number === null || number >= evidence.produced) {
        foreign++;
        continue;
      }
      counts[number] = Math.min(255, (counts[number] ?? 0) + 1);
      if ((last.get(record.key) ?? -1) >= number) outOfOrder++;
      last.set(record.key, number);
    }
  }
  const { unbalanced, copies } = await balance(evidence);
  const judgement = {
    lost: seen.filter((n) => n === 0).length,
    doubled: doubles(seen),
    outOfOrder,
    foreign,
    vanished: evidence.follower.seen.missingIn(places),
    copies: Math.abs(sumOf(copied) - copies) + doubles(copied),
    unbalanced,
    unsettled,
  };
  return { judgement, records: sumOf(seen) + foreign };
}

function sumOf(counts: Uint8Array): number {
  return counts.reduce((sum, n) => sum + n, 0);
}

function doubles(counts: Uint8Array): number {
  return counts.reduce((sum, n) => sum + Math.max(0, n - 1), 0);
}

/** Topics that the witness follows. */
export function witnessed(loaded: LoadedPipeline): string[] {
  return [...endTopics(loaded.topology), ...sampleTopics(loaded)];
}

function sampleTopics({ pipeline }: LoadedPipeline): string[] {
  return [...pipeline.stages.values()].flatMap((stage) => (stage.type === "router" && stage.sample ? [stage.sample.to] : []));
}

/** Waits until nothing is open and every group stands at its end; gives what is not so when the time is over. */
async function untilSettled({ log, loaded }: Evidence): Promise<readonly string[]> {
  const { topology } = loaded;
  const until = systemClock.monotonic() + SETTLED_WITHIN_MS;
  for (;;) {
    const unsettled: string[] = [];
    const lanes = await lanesOf(
      log,
      topology.topics.map((t) => t.name),
    );
    const bounds = await untilAnswered(() => log.bounds(lanes));
    for (const lane of lanes) {
      const { latest = 0, end = 0 } = bounds.get(laneKey(lane)) ?? {};
      if (latest !== end) unsettled.push(`${laneKey(lane)}: stable up to ${latest} of ${end}`);
    }
    for (const stage of topology.stages.filter((s) => s.type !== "ingest")) {
      const inputs = await lanesOf(log, stage.inputs);
      const committed = await untilAnswered(() => log.committed(stage.group, inputs, null));
      for (const lane of inputs) {
        const end = bounds.get(laneKey(lane))?.end ?? 0;
        const at = committed.get(laneKey(lane)) ?? 0;
        if (at !== end) unsettled.push(`${stage.group} at ${at} of ${end} in ${laneKey(lane)}`);
      }
    }
    if (unsettled.length === 0 || systemClock.monotonic() > until) return unsettled;
    await systemClock.sleep(LOOK_MS);
  }
}

async function balance({ log, loaded }: Evidence): Promise<{ readonly unbalanced: readonly string[]; readonly copies: number }> {
  const view = createCountsView();
  await readValues(log, loaded.topology.executions, (text) => {
    const execution = parseExecution(text);
    if (execution) view.apply(execution);
  });
  const { stages } = pipelineStatus(loaded.pipeline, loaded.topology, view);
  const unbalanced = stages
    .filter((s) => s.in !== sum(s.ports) || s.inFlight !== 0)
    .map((s) => `${s.id}: in ${s.in}, ports ${JSON.stringify(s.ports)}, in flight ${s.inFlight}`);
  return { unbalanced, copies: stages.reduce((n, s) => n + s.copies, 0) };
}

/** Verdicts without what belongs to one run: offsets move with the producer's own aborted transactions. */
export async function verdictsOf(log: Log, loaded: LoadedPipeline): Promise<readonly string[]> {
  const verdicts: string[] = [];
  await readValues(log, loaded.topology.verdicts, (text) => {
    const { id, n, verdict, quarantined, rules, closedBy }: Record<string, unknown> = JSON.parse(text);
    verdicts.push(JSON.stringify({ id, n, verdict, quarantined, rules, closedBy }));
  });
  return verdicts.sort();
}

async function readValues(log: Log, topic: string, onValue: (text: string) => void): Promise<void> {
  await readCommitted(log, [topic], (batch) => {
    for (let row = 0; row < batch.count; row++) onValue(decoder.decode(recordAt(batch, row).value ?? new Uint8Array(0)));
  });
}
