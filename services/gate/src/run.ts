import { runStageService, stagesOf, type RunningService, type ServiceContext } from "@weir/service";
import { buildStage } from "./build.ts";

/** Runs all gate stages of the pipeline, each in its own group. */
export function run(context: ServiceContext): Promise<RunningService> {
  return runStageService("gate", context, stagesOf(context.loaded, "gate"), new Map([["gate", buildStage]]));
}
