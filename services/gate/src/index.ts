export { createStage, type GateOptions } from "./stage.ts";
