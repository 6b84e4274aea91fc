export { createStage, type GateOptions } from "./stage.ts";
export { buildStage } from "./build.ts";
export { run } from "./run.ts";
