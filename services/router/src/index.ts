export { createStage, type RouterOptions } from "./stage.ts";
export { buildStage } from "./build.ts";
export { run } from "./run.ts";
