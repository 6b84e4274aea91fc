export { createStage, type GateOptions } from "./stage.ts";
export { buildStage, buildStageWithin, type GateBounds } from "./build.ts";
export { run } from "./run.ts";
export { GATE_CODES } from "./codes.ts";
export type { ToldKeys } from "./keyed/judge-keys.ts";
