export type {
  RuleSpec,
  DriftSpec,
  DriftShareSpec,
  RateChangeSpec,
  LevelSpec,
  UniqueSpec,
  SilenceSpec,
  WindowSpec,
  Mode,
  Action,
  Judge,
  OnInsufficient,
  OnError,
  Missing,
} from "./spec.ts";
export { compileRuleSet, compileCanonical, type RuleSet, type CompiledRule, type RuleSetOptions } from "./rule-set.ts";
export { judgeBatch, breaks, type BatchJudgement, type Refusal } from "./judge-batch.ts";
export { emptyTally, addTally, countRows, saveTally, openTally, type Tally, type OpenTally, type SavedTally } from "./tally.ts";
export {
  judgeWindow,
  worstOf,
  type WindowContext,
  type WindowJudgement,
  type RuleVerdict,
  type Verdict,
  type BrokenCount,
} from "./judge-window.ts";
export { timeWindows, type TimeWindow, type TimeWindows } from "./time-windows.ts";
export { windowTime } from "./window-id.ts";
export { canonicalJson } from "./canonical.ts";
export type { BatchView } from "./check.ts";
export { restoreLaneKeys, type LaneKeys, type KeyRule, type Repeats } from "./unique/lane-keys.ts";
export { longestStop, stopOf, type StopCause } from "./stop-cause.ts";
export { condemnsWindows, judgesStreams, judgesWindows, defaultAction } from "./window-kinds.ts";
export { RULE_CODES } from "./codes.ts";
export type { Baseline, BaselineColumn, NumberColumnBaseline, CategoryColumnBaseline, Reference } from "./drift/baseline.ts";
export { parseBaseline, baselineText } from "./drift/parse-baseline.ts";
export type { DriftEvidence } from "./drift/measure.ts";
export { rememberVolume, type VolumeMemory } from "./volume/volume-rule.ts";
export { persist, NOTHING_YET, type Persistence, type AlertChange } from "./drift/persistence.ts";
export { restoreDetectors, type LaneDetectors, type RaisedAlarm } from "./detector/lane-detectors.ts";
export type { DetectorRule, Alarm } from "./detector/detector-rule.ts";
export { toldVerdict } from "./told-verdict.ts";
export { createLearner, type Learner, type Learned } from "./learn/learner.ts";
export { baselineContent } from "./learn/baseline-content.ts";
export { proposeRules, type Proposal } from "./learn/propose.ts";
