import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { buildStage as buildGate } from "@weir/gate";
import { buildStage as buildInference } from "@weir/inference";
import type { StageSpec } from "@weir/pipeline";
import { batchOf, headerText, recordAt, selectRows, type Batch, type Lane } from "@weir/record";
import { buildStage as buildRouter } from "@weir/router";
import { createMetrics, loadPipeline, type BuildStage, type BuiltStage, type LoadedPipeline } from "@weir/service";
import type { Decided, Stage } from "@weir/stream";

// What the chapters share: the flights pipeline that ships with Weir, a flight to change, and a way to say what a stage decided.

export const flights: LoadedPipeline = loadPipeline(fileURLToPath(new URL("../../deploy/pipelines/flights", import.meta.url)), {});

export const text = (bytes: Uint8Array | null): string => new TextDecoder().decode(bytes ?? undefined);
export const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

/** The flights of 1 to 14 February 2013, a JSON text each. */
export function sample(): readonly string[] {
  const file = new URL("../../deploy/pipelines/flights/data/sample.ndjson.gz", import.meta.url);
  return gunzipSync(readFileSync(file)).toString().trim().split("\n");
}

const AN_EARLY_FLIGHT = sample()[1] ?? "";

/** United 1018 of 1 February from Newark, on which nothing is unusual, with what a chapter wants to be different. */
export function flight(changes: Readonly<Record<string, unknown>> = {}): string {
  const usual: object = JSON.parse(AN_EARLY_FLIGHT);
  return JSON.stringify({ ...usual, ...changes });
}

/** Records of one partition, as a stage gets them. */
export function batchOfValues(topic: string, values: readonly string[], from = 0): Batch {
  const lane: Lane = { topic, partition: 0 };
  return batchOf(
    lane,
    values.map((value, i) => ({ value: bytes(value), offset: from + i, headers: [{ key: "weir.id", value: bytes(`r-${from + i}`) }] })),
  );
}

const BUILDERS: Readonly<Record<string, BuildStage>> = { gate: buildGate, score: buildInference, route: buildRouter };

/** The same with windows of one partition: a stage alone has no others to wait for. */
const ofOnePartition: LoadedPipeline = { ...flights, pipeline: { ...flights.pipeline, stages: new Map(aloneStages()) } };

function* aloneStages(): Iterable<[string, StageSpec]> {
  for (const [id, spec] of flights.pipeline.stages) {
    const isGlobal = spec.type === "gate" && spec.window?.kind === "time";
    yield [id, isGlobal ? { ...spec, window: { ...spec.window, scope: "partition" } } : spec];
  }
}

/** A stage of the flights pipeline, alone: no topics, no broker. */
export async function stageOfFlights(id: "gate" | "score" | "route"): Promise<BuiltStage> {
  const build = BUILDERS[id];
  if (!build) throw new Error(`the guide knows no stage ${id}`);
  const built = await build(ofOnePartition, id, { followers: [], meter: createMetrics() });
  built.stage.assign({ topic: inputOf(id), partition: 0 }, 0, new Map());
  return built;
}

export function inputOf(id: string): string {
  return flights.topology.stages.find((stage) => stage.id === id)?.inputs[0] ?? "";
}

/** What became of a record, in the words of the pipeline file. */
export interface Told {
  readonly offset: number;
  readonly port: string;
  /** As it is written: with what the stage spliced on. */
  readonly value: string;
  readonly header: (name: string) => string | null;
  /** Why, where the port is for what was refused. */
  readonly failure: string | null;
}

export function toldBy(stage: Stage, decided: readonly Decided[]): readonly Told[] {
  return decided.flatMap((decision) => {
    const written = selectRows(decision.batch, decision.rows, {
      headers: decision.headers ?? [],
      ...(decision.tails && { tails: decision.tails }),
    });
    return [...decision.ports].map((port, i) => {
      const { value, headers, offset } = recordAt(written, i);
      const failure = decision.failures?.get(i);
      return {
        offset,
        port: stage.ports[port]?.name ?? "?",
        value: text(value),
        header: (name: string) => headerText(headers, name),
        failure: failure ? `${failure.class}: ${failure.message}` : null,
      };
    });
  });
}
