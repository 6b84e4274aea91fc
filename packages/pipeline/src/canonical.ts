import { canonicalJson } from "@weir/record";
import { withoutSecrets } from "./doors.ts";
import type { Pipeline, StageSpec } from "./pipeline.ts";

/** What a reference in the file stood for when it was read, by the reference: `flight.schema.json` → `sha256:…`. */
export type Pins = ReadonlyMap<string, string>;

/** One text for all files that mean the same: defaults filled in, keys sorted, references pinned. */
export function canonicalPipeline(pipeline: Omit<Pipeline, "digest">, pins: Pins): string {
  const { description: _, ...meaning } = pipeline;
  const stages = new Map([...pipeline.stages].map(([id, stage]) => [id, meaningOf(stage)]));
  return canonicalJson({ pipeline: { ...meaning, stages }, pins });
}

function meaningOf(stage: StageSpec): StageSpec {
  return stage.type === "ingest" ? { ...stage, ...withoutSecrets(stage) } : stage;
}
