export { createStage, type InferenceOptions, type InferenceRun } from "./stage.ts";
