import { createReader } from "@weir/contract";
import { modelTag } from "@weir/model";
import { openModel } from "@weir/onnx";
import { entryIds, type BuildStage } from "@weir/service";
import { createStage } from "./stage.ts";
import { inferenceTelemetry } from "./telemetry.ts";

/** An inference stage from its place in a pipeline: the model from verified bytes, its golden rows run. */
export const buildStage: BuildStage = async (loaded, stageId, { meter }) => {
  const spec = loaded.pipeline.stages.get(stageId);
  const model = loaded.models.get(stageId);
  if (spec?.type !== "inference" || !model) throw new Error(`${stageId} is no inference stage of ${loaded.pipeline.name}`);
  const session = await openModel(loaded.readBytes(model.modelPath), model.manifest, {
    maxRows: spec.batch.maxRows,
    ...(spec.batch.reproducible !== undefined && { reproducible: spec.batch.reproducible }),
  });
  // As the first stage it meets records that no gate has checked.
  const first = loaded.topology.stages.find((s) => s.id === stageId)?.inputs.includes(loaded.topology.entryTopic) === true;
  const ids = entryIds(loaded.pipeline.record.id);
  let reader = createReader([]);
  const makeReader: typeof createReader = (requests) =>
    (reader = first ? loaded.contract.reader([...requests, ...ids.requests]) : loaded.contract.unchecked(requests));
  const telemetry = inferenceTelemetry(
    meter,
    { pipeline: loaded.pipeline.name, stage: stageId },
    {
      model: modelTag(model.manifest),
      engine: session.engine,
    },
  );
  const stage = createStage({
    onRun: telemetry.ran,
    onScored: telemetry.scored,
    id: stageId,
    as: spec.as,
    session,
    spec: loaded.pipeline.digest,
    owner: spec.owner,
    createReader: makeReader,
    carrier: loaded.contract.format === "avro" ? "header" : "value",
  });
  return { stage, idsOf: ids.from(reader), idleAfterMs: null, close: () => session.close() };
};
