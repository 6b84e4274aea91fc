export { createStage, type InferenceOptions, type InferenceRun } from "./stage.ts";
export { buildStage } from "./build.ts";
export { run } from "./run.ts";
