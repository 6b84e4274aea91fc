import { createReader } from "@weir/contract";
import { contractAt, expressionTypes, type Pipeline } from "@weir/pipeline";
import { entryIds, type BuildStage } from "@weir/service";
import { createStage } from "./stage.ts";
import { routerTelemetry } from "./telemetry.ts";

/** A router from its place in a pipeline. */
export const buildStage: BuildStage = async (loaded, stageId, { meter }) => {
  const { pipeline, contract, models } = loaded;
  const spec = pipeline.stages.get(stageId);
  if (spec?.type !== "router") throw new Error(`${stageId} is no router of ${pipeline.name}`);
  // As the first stage it meets records that no gate has checked.
  const first = loaded.topology.stages.find((s) => s.id === stageId)?.inputs.includes(loaded.topology.entryTopic) === true;
  const ids = entryIds(pipeline.record.id);
  const passed = contractAt(contract, pipeline.stages, stageId);
  let reader = createReader([]);
  const as = memberOf(pipeline);
  const stage = createStage({
    id: stageId,
    pipeline: pipeline.name,
    spec: pipeline.digest,
    owner: spec.owner,
    router: { rules: spec.rules, default: spec.default, ...(spec.sample && { sample: spec.sample }) },
    fieldTypes: expressionTypes(
      contract,
      [...models.values()].map((m) => m.manifest),
    ),
    ...(as !== null && { as }),
    ...(spec.sample && { sampleTopic: spec.sample.to }),
    createReader: (requests) => (reader = first ? contract.reader([...requests, ...ids.requests]) : passed.unchecked(requests)),
    parse: passed.parse,
  });
  const branches = stage.ports.filter((port) => port.kind === "data").map((port) => port.name);
  const telemetry = routerTelemetry(meter, { pipeline: pipeline.name, stage: stageId }, branches);
  return { stage, idsOf: ids.from(reader), onCommitted: telemetry.routed, idleAfterMs: null, close: async () => {} };
};

/** What the pipeline's predictions are called in the value; null where nothing predicts. */
function memberOf(pipeline: Pipeline): string | null {
  for (const stage of pipeline.stages.values()) if (stage.type === "inference") return stage.as;
  return null;
}
