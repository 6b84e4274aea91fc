import { modelTag } from "@weir/model";
import type { LoadedPipeline } from "../load-pipeline.ts";
import type { Meter } from "./meter.ts";

/** Which pipeline file and which models are in force: 8 hex digits of the one's digest, `<model>/<version>#<8 hex>` of the others. */
export function tellPipeline(meter: Meter, { pipeline, models }: LoadedPipeline, stageIds: readonly string[]): void {
  const specInfo = meter.gauge("weir_spec_info", "1 for the digest of the pipeline file in force", ["pipeline", "stage", "digest"]);
  const modelInfo = meter.gauge("weir_model_info", "1 for the model in force", ["pipeline", "stage", "model"]);
  for (const stage of stageIds) {
    specInfo.set({ pipeline: pipeline.name, stage, digest: pipeline.digest.slice(0, 8) }, 1);
    const manifest = models.get(stage)?.manifest;
    if (manifest) modelInfo.set({ pipeline: pipeline.name, stage, model: modelTag(manifest) }, 1);
  }
}
