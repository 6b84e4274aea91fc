import { compileContract, createReader, type Contract, type FieldRequest } from "@weir/contract";
import { compileEncoder, pointerPart } from "@weir/model";
import { entryIds, sha256, type BuildStage, type LoadedPipeline } from "@weir/service";
import type { RuleSpec } from "@weir/rules";
import { createStage } from "./stage.ts";

/** A gate from its place in a pipeline. */
export const buildStage: BuildStage = async (loaded, stageId, followers) => {
  const { pipeline } = loaded;
  const spec = pipeline.stages.get(stageId);
  if (spec?.type !== "gate") throw new Error(`${stageId} is no gate of ${pipeline.name}`);
  const ids = entryIds(pipeline.record.id);
  const contract = contractFor(loaded, spec.rules);
  let reader = createReader([]);
  const stage = createStage({
    pipeline: pipeline.name,
    stage: stageId,
    owner: spec.owner,
    spec: pipeline.digest,
    contract,
    rules: spec.rules,
    window: spec.window ?? null,
    time: pipeline.record.time,
    sha256,
    handsOn: followers.flatMap((id) => readBy(loaded, id)),
    createReader: (requests) => (reader = contract.reader([...requests, ...ids.requests])),
  });
  return { stage, idsOf: (batch) => ids.from(reader)(batch), idleAfterMs: spec.window?.idleAfter ?? null, close: async () => {} };
};

/** What an inference stage reads of the record: its features, and whether there is a prediction already. */
function readBy({ pipeline, models }: LoadedPipeline, stageId: string): FieldRequest[] {
  const [spec, model] = [pipeline.stages.get(stageId), models.get(stageId)];
  if (spec?.type !== "inference" || !model) return [];
  return [...compileEncoder(model.manifest).requests, { pointer: `/${pointerPart(spec.as)}`, as: "boolean" }];
}

/** The pipeline's contract; compiled anew where a `decode` rule bounds what is read. */
function contractFor(loaded: LoadedPipeline, rules: readonly RuleSpec[]): Contract {
  const decode = rules.find((r) => r.kind === "decode");
  if (!decode || (decode.maxBytes === undefined && decode.maxDepth === undefined)) return loaded.contract;
  const schema: unknown = JSON.parse(new TextDecoder().decode(loaded.readBytes(loaded.pipeline.record.contract)));
  return compileContract(schema, {
    sha256,
    ...(decode.maxBytes !== undefined && { maxBytes: decode.maxBytes }),
    ...(decode.maxDepth !== undefined && { maxDepth: decode.maxDepth }),
  });
}
