export type { RuleSpec, WindowSpec, Mode, Action, Judge, OnInsufficient, OnError, Missing } from "./spec.ts";
export { compileRuleSet, compileCanonical, type RuleSet, type CompiledRule, type RuleSetOptions } from "./rule-set.ts";
export { judgeBatch, type BatchJudgement, type Refusal } from "./judge-batch.ts";
export { emptyTally, addTally, countRows, type Tally, type OpenTally } from "./tally.ts";
export { judgeWindow, type WindowJudgement, type RuleVerdict, type Verdict, type BrokenCount } from "./judge-window.ts";
export { timeWindows, type TimeWindow, type TimeWindows } from "./time-windows.ts";
export { windowTime } from "./window-id.ts";
export { canonicalJson } from "./canonical.ts";
export { RULE_CODES } from "./codes.ts";
