export { openModel, type ModelSession, type ModelRun, type OpenOptions } from "./session.ts";
export { readModel, type StoredModel } from "./files.ts";
export type { Engine } from "./scorer.ts";
