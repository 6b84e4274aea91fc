import { readDeadLetter } from "@weir/deadletter";
import { parseExecution } from "@weir/monitor";
import { headerText, type PlainRecord } from "@weir/record";
import type { LoadedPipeline } from "@weir/service";
import { WAITING_PORT, type Execution, type Log } from "@weir/stream";
import { lanesOf, readToEnd } from "../read-topics.ts";
import { findRecord, type FindOptions, type Sighting } from "./find.ts";

/** One place where the record was, and what was decided that brought it there. */
export interface Hop {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** When it became visible there, RFC 3339. */
  readonly at: string;
  /** The stage that put it there, and through which port; null at the entry. */
  readonly stage: string | null;
  readonly port: string | null;
  /** Headers that the stage added. */
  readonly window?: string;
  readonly tags?: string;
  readonly model?: string;
  readonly branch?: string;
  /** Why it was refused. */
  readonly failure?: { readonly class: string; readonly message: string; readonly rules: readonly string[] };
  /** The verdict on its window, as it was written. */
  readonly verdict?: unknown;
  /** The transaction that did it: its entry in the execution log. */
  readonly execution?: Pick<Execution, "id" | "slot" | "spec" | "model" | "preparedAt">;
}

/** Where a record was and what was said of it, in the order of its way. */
export async function trail(options: FindOptions): Promise<Hop[]> {
  const { log, loaded } = options;
  const sightings = await findRecord(options);
  if (sightings.length === 0) return [];
  const [verdicts, executions] = await Promise.all([readVerdicts(log, loaded), readExecutions(log, loaded)]);
  return sightings.map((sighting) => hopOf(sighting, sightings, loaded, verdicts, executions));
}

function hopOf(
  sighting: Sighting,
  all: readonly Sighting[],
  loaded: LoadedPipeline,
  verdicts: ReadonlyMap<string, unknown>,
  executions: readonly Execution[],
): Hop {
  const { topic, partition, record } = sighting;
  const letter = readDeadLetter(record);
  const { stage, port } = sourceOf(topic, letter?.stage ?? null, loaded);
  const execution = stage === null ? undefined : executionOf(stage, partition, record, all, executions);
  const window = headerText(record.headers, "weir.window");
  const verdict = window === null || !isGate(stage, loaded) ? undefined : verdictOn(window, partition, letter?.verdict ?? null, verdicts);
  const added = addedBy(stage, record, loaded);
  return {
    topic,
    partition,
    offset: record.offset,
    at: new Date(record.timestamp).toISOString(),
    stage,
    port,
    ...added,
    ...(letter && { failure: { class: letter.class ?? "unknown", message: letter.message, rules: letter.rules } }),
    ...(verdict !== undefined && { verdict }),
    ...(execution && { execution }),
  };
}

/** Named by the dead letter, else after the window: over all partitions, or of this one. */
function verdictOn(window: string, partition: number, named: string | null, verdicts: ReadonlyMap<string, unknown>): unknown {
  return verdicts.get(named ?? window) ?? verdicts.get(`${window}/${partition}`);
}

function isGate(stage: string | null, { pipeline }: LoadedPipeline): boolean {
  return stage !== null && pipeline.stages.get(stage)?.type === "gate";
}

/** Headers stay on the record; a hop tells only those of its own stage. */
function addedBy(stage: string | null, record: PlainRecord, { pipeline }: LoadedPipeline): Partial<Hop> {
  const type = stage === null ? null : pipeline.stages.get(stage)?.type;
  const text = (name: string): string | null => headerText(record.headers, name);
  const of = (key: "window" | "tags" | "model" | "branch"): Partial<Hop> => {
    const value = text(`weir.${key}`);
    return value === null ? {} : { [key]: value };
  };
  if (type === "gate") return { ...of("window"), ...of("tags") };
  if (type === "inference") return of("model");
  return type === "router" ? of("branch") : {};
}

/** Dead letters of all stages share a topic: their own headers tell which it was. */
function sourceOf(topic: string, failed: string | null, { topology }: LoadedPipeline): { stage: string | null; port: string | null } {
  if (topic === topology.dlq) return { stage: failed, port: "dlq" };
  for (const { id, type, outputs } of topology.stages) {
    if (topic === topology.waiting(id)) return { stage: id, port: WAITING_PORT };
    for (const [port, name] of outputs) if (name === topic && type !== "ingest") return { stage: id, port };
  }
  return { stage: null, port: null };
}

/** The transaction whose input holds the offset at which the stage read the record. */
function executionOf(
  stage: string,
  partition: number,
  record: PlainRecord,
  all: readonly Sighting[],
  executions: readonly Execution[],
): Hop["execution"] {
  const found = executions.filter(
    (e) =>
      e.stage === stage &&
      e.in.some((range) =>
        all.some(
          (s) =>
            s.topic === range.topic &&
            s.partition === range.partition &&
            partition === range.partition &&
            s.record.offset >= range.first &&
            s.record.offset <= range.last &&
            s.record !== record,
        ),
      ),
  );
  // Ranges of held records overlap: the one that was prepared just before the record became visible is meant.
  const before = found.filter((e) => Date.parse(e.preparedAt) <= record.timestamp + 1000);
  const chosen = before.at(-1) ?? found.at(-1);
  if (!chosen) return undefined;
  const { id, slot, spec, model, preparedAt } = chosen;
  return { id, slot, spec, preparedAt, ...(model !== undefined && { model }) };
}

const decoder = new TextDecoder();

async function readVerdicts(log: Log, { topology }: LoadedPipeline): Promise<ReadonlyMap<string, unknown>> {
  const verdicts = new Map<string, unknown>();
  for await (const { record } of readToEnd(log, await lanesOf(log, [topology.verdicts]))) {
    if (record.key === null || record.value === null) continue;
    const value: unknown = JSON.parse(decoder.decode(record.value));
    verdicts.set(decoder.decode(record.key), value);
  }
  return verdicts;
}

async function readExecutions(log: Log, { topology }: LoadedPipeline): Promise<Execution[]> {
  const executions: Execution[] = [];
  for await (const { record } of readToEnd(log, await lanesOf(log, [topology.executions]))) {
    const execution = record.value === null ? null : parseExecution(decoder.decode(record.value));
    if (execution) executions.push(execution);
  }
  return executions;
}
