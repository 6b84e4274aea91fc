export { makePlan, estimateMs, type PlanRequest, type PlanContext } from "./make-plan.ts";
export { executePlan, type RunOptions } from "./run.ts";
export { steerRun, declareFixed, unknownRun, type SteerOptions } from "./steer-run.ts";
export { openLedger, type LedgerReader } from "./ledger-topic.ts";
export { listLetters, groupLetters, letterAt, type ListedLetter } from "./browse.ts";
export { createTrial, type Trial, type TrialRecord } from "./trial.ts";
export { REPLAY_CODES } from "./codes.ts";
