import { runStageService, stagesOf, type RunningService, type ServiceContext } from "@weir/service";
import { buildStage } from "./build.ts";

/** Runs all router stages of the pipeline, each in its own group. */
export function run(context: ServiceContext): Promise<RunningService> {
  return runStageService("router", context, stagesOf(context.loaded, "router"), new Map([["router", buildStage]]));
}
