import { runStageService, stagesOf, type RunningService, type ServiceContext } from "@weir/service";
import { buildStage } from "./build.ts";

/** Runs all inference stages of the pipeline, each in its own group. */
export function run(context: ServiceContext): Promise<RunningService> {
  return runStageService("inference", context, stagesOf(context.loaded, "inference"), new Map([["inference", buildStage]]));
}
