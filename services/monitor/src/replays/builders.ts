import { buildStage as buildGate } from "@weir/gate";
import { buildStage as buildInference } from "@weir/inference";
import type { StageType } from "@weir/pipeline";
import { buildStage as buildRouter } from "@weir/router";
import type { BuildStage } from "@weir/service";

/** The real stages, to be asked whether a dead letter would pass now. */
export const STAGES: ReadonlyMap<StageType, BuildStage> = new Map<StageType, BuildStage>([
  ["gate", buildGate],
  ["inference", buildInference],
  ["router", buildRouter],
]);
