import { compareWindow, driftAnswer, driftShareAnswer, type Comparison } from "./drift/compare-window.ts";
import type { DriftEvidence } from "./drift/measure.ts";
import type { Placed } from "./drift/cell-places.ts";
import type { AlertChange, Persistence } from "./drift/persistence.ts";
import type { DistinctCounter, DistinctValues } from "./distinct/distinct-values.ts";
import type { FigureRule } from "./figure/figure-rule.ts";
import { withRenames, type Renamed } from "./hint/rename.ts";
import { rescaledBy, type Rescaled } from "./hint/unit.ts";
import { newFieldAnswer, type NewField } from "./names/new-field.ts";
import { judgeRate } from "./rate.ts";
import { BROKEN, CODES, FAILED, FINE, MISSING } from "./row-code.ts";
import type { CompiledRule, RuleSet } from "./rule-set.ts";
import { longestStop, type StopCause } from "./stop-cause.ts";
import type { Tally } from "./tally.ts";
import { completeAnswer, type Declared } from "./volume/complete-rule.ts";
import { judgeVolume } from "./volume/volume-rule.ts";
import { condemnsWindows } from "./window-kinds.ts";

export type Verdict = "pass" | "breach" | "insufficient" | "error";

/** One window rule's answer, with what it was reached from: k of n against the limit in millionths, or n against bounds. */
export interface RuleVerdict {
  readonly id: string;
  readonly kind: string;
  readonly mode: "observe" | "enforce";
  readonly action: string;
  readonly verdict: Verdict;
  /** Records that broke it; for `driftShare` fields, with `of: keys` keys: then n counts those too. */
  readonly k?: number;
  readonly n: number;
  readonly limitPpm?: number;
  /** The lower bar, and whether the rate is above it. */
  readonly warnPpm?: number;
  readonly warns?: true;
  readonly min?: number;
  readonly max?: number;
  readonly why?: string;
  /** Where chance was asked: probability of so many or more. */
  readonly p?: number;
  /** For `nullRise`: what the rate is compared with. */
  readonly before?: { readonly k: number; readonly n: number };
  readonly drift?: DriftEvidence;
  /** What the window did to the alert of a rule `drift`. */
  readonly alert?: AlertChange;
  /** For detectors: the rate, or the mean, that is in order. */
  readonly expected?: number;
  /** The mean, or how many different values there are: one more than decides means at least so many. */
  readonly value?: number;
  /** For `volume`: records of the window before; median of the same hours of the week, and robust standard deviations from it. */
  readonly previous?: number;
  readonly median?: number;
  readonly z?: number;
  /** For `newField`: the most frequent first, at most 20. */
  readonly fields?: readonly NewField[];
  /** Fields that seem to be called otherwise now: a hint for people. */
  readonly renamed?: readonly Renamed[];
  /** For `drift`: the unit that would explain it, a hint for people. */
  readonly rescaled?: Rescaled;
  /** For `complete`: what the producer said of the batch, and the checksum that it has. */
  readonly declared?: Partial<Declared>;
  /** The window was judged key by key: n of its keys could be judged, k of them broke the rule. */
  readonly of?: "keys";
}

/** Records of the window that broke a record rule. */
export interface BrokenCount {
  readonly id: string;
  readonly mode: "observe" | "enforce";
  readonly k: number;
}

export interface WindowJudgement {
  readonly verdict: Verdict;
  readonly rules: readonly RuleVerdict[];
  readonly broken: readonly BrokenCount[];
  /** What follows for a window that is held. */
  readonly outcome: "pass" | "quarantine" | "mergeNext";
  /** References of the rules that condemn the window. */
  readonly condemnedBy: readonly string[];
  /** For every record of the window: broken tag rules, and flags of rules without enough evidence. */
  readonly tags: readonly string[];
  /** The stage takes in nothing more after it: a rule that stops it was breached. */
  readonly stop?: StopCause;
}

const WORST_FIRST = ["breach", "error", "insufficient"] as const;

/** Where a window lies, and what its rules remember of those before it. */
export interface WindowContext {
  /** Of event time, in milliseconds since 1970; null where it has none. */
  readonly start: number | null;
  readonly remembered: ReadonlyMap<string, Persistence>;
  /** Of a batch: how many records it has of its own, and what its producer said. */
  readonly batch?: { readonly records: number; readonly declared: Partial<Declared> };
}

const NO_CONTEXT: WindowContext = { start: null, remembered: new Map() };

/** The verdict over a whole window. Exact: integers are compared, a rate equal to its limit passes. */
export function judgeWindow(ruleSet: RuleSet, tally: Tally, context: WindowContext = NO_CONTEXT): WindowJudgement {
  const comparison = compareWindow(ruleSet, tally);
  const answers = ruleSet.rules.flatMap((rule, i) =>
    rule.scope === "window" ? [{ rule, answer: judgeRule(rule, i, { ruleSet, tally, comparison, context }) }] : [],
  );
  const judged = withRenames(answers, tally.names);
  const enforced = judged.filter(({ rule }) => rule.mode === "enforce");
  const condemning = enforced.filter(({ rule, answer }) => condemns(rule, answer.verdict));
  const merging = enforced.some(({ rule, answer }) => answer.verdict === "insufficient" && rule.onInsufficient === "mergeNext");
  const stop = longestStop(enforced.flatMap(({ rule, answer }) => (answer.verdict === "breach" ? (rule.stop ?? []) : [])));
  const verdicts = new Set(enforced.map(({ answer }) => answer.verdict));
  return {
    verdict: WORST_FIRST.find((v) => verdicts.has(v)) ?? "pass",
    rules: judged.map(({ answer }) => answer),
    broken: brokenRecords(ruleSet, tally),
    outcome: condemning.length > 0 ? "quarantine" : merging ? "mergeNext" : "pass",
    condemnedBy: condemning.map(({ rule }) => rule.ref),
    tags: enforced.flatMap(({ rule, answer }) => tagOf(rule, answer)),
    ...(stop && { stop }),
  };
}

/** One judgement of several over parts of the same window: the worst verdict and everything that was found. */
export function worstOf(a: WindowJudgement, b: WindowJudgement): WindowJudgement {
  const outcomes = new Set([a.outcome, b.outcome]);
  const stop = longestStop([a, b].flatMap((judgement) => judgement.stop ?? []));
  return {
    verdict: WORST_FIRST.find((v) => v === a.verdict || v === b.verdict) ?? "pass",
    rules: [...a.rules, ...b.rules],
    broken: [...a.broken, ...b.broken],
    outcome: (["quarantine", "mergeNext"] as const).find((o) => outcomes.has(o)) ?? "pass",
    condemnedBy: [...a.condemnedBy, ...b.condemnedBy],
    tags: [...new Set([...a.tags, ...b.tags])],
    ...(stop && { stop }),
  };
}

function condemns(rule: CompiledRule, verdict: Verdict): boolean {
  if (verdict === "insufficient") return rule.onInsufficient === "quarantine";
  return (verdict === "breach" || verdict === "error") && condemnsWindows(rule.action);
}

function tagOf(rule: CompiledRule, { verdict, warns }: RuleVerdict): string[] {
  if (verdict === "pass" && warns) return [`${rule.id}=warn`];
  if (verdict === "breach" && rule.action === "tag") return [rule.id];
  return verdict === "insufficient" ? [`${rule.id}=insufficient`] : [];
}

interface Judged {
  readonly ruleSet: RuleSet;
  readonly tally: Tally;
  readonly context: WindowContext;
  readonly comparison: Comparison;
}

function judgeRule(rule: CompiledRule, index: number, { ruleSet, tally, comparison, context }: Judged): RuleVerdict {
  const { id, kind, mode, action } = rule;
  const { minRecords } = ruleSet;
  if (rule.volume !== null) {
    const n = tally.records;
    const answer = judgeVolume(rule.volume, n, context.start, context.remembered.get(id)?.volume ?? null);
    return { id, kind, mode, action, k: n, n, ...boundsOf(rule), ...answer };
  }
  if (kind === "complete") return { id, kind, mode, action, ...completeAnswer(context.batch) };
  if (rule.figure !== null) return { id, kind, mode, action, ...boundsOf(rule), ...figureAnswer(rule.figure, tally, minRecords) };
  if (kind === "drift") return withUnit(rule, tally, { id, kind, mode, action, ...driftAnswer(comparison, index) });
  if (kind === "driftShare") return { id, kind, mode, action, limitPpm: rule.limitPpm, ...driftShareAnswer(comparison, rule.limitPpm) };
  if (rule.inOrder !== null)
    return { id, kind, mode, action, limitPpm: rule.limitPpm, ...newFieldsOf(rule, rule.inOrder, tally, minRecords) };
  const { k, n, failed } = countsOf(rule, index, tally);
  const answer = { id, kind, mode, action, k, n, limitPpm: rule.limitPpm };
  // A raised expression says nothing of the record: as a window rule it is an error, not a broken row.
  if (failed > 0) return { ...answer, verdict: "error", why: `the check failed on ${failed} records` };
  if (tally.records < minRecords)
    return { ...answer, verdict: "insufficient", why: `${tally.records} records, at least ${minRecords} are needed` };
  if (n === 0) return { ...answer, verdict: "insufficient", why: NO_VALUE };
  if (rule.distinct !== null && kind === "unique")
    return { ...answer, ...repeatedAnswer(rule.limitPpm, n, ruleSet.distinct[rule.distinct]!, tally.distinct[rule.distinct]!) }; // of this rule set
  if (rule.distinct !== null)
    return {
      id,
      kind,
      mode,
      action,
      n,
      ...boundsOf(rule),
      ...distinctAnswer(rule, ruleSet.distinct[rule.distinct]!, tally.distinct[rule.distinct]!),
    }; // of this rule set
  return { ...answer, ...judgeRate(rule.rate, k, n), ...warningOf(rule, k, n) };
}

function withUnit({ scale }: CompiledRule, { cells }: Tally, answer: RuleVerdict): RuleVerdict {
  if (scale === null || answer.verdict !== "breach") return answer;
  const rescaled = rescaledBy(scale.rule, cells.subarray(scale.at, scale.at + scale.rule.counter.size));
  return rescaled === null ? answer : { ...answer, rescaled };
}

/** A rate that breaks nothing yet: it is flagged, and its records go on. */
function warningOf({ warnPpm }: CompiledRule, k: number, n: number): Pick<RuleVerdict, "warnPpm" | "warns"> {
  if (warnPpm === null) return {};
  return { warnPpm, ...(k * PPM > warnPpm * n && { warns: true }) };
}

const PPM = 1_000_000;

function newFieldsOf(
  { limitPpm }: CompiledRule,
  inOrder: ReadonlySet<string>,
  tally: Tally,
  minRecords: number,
): ReturnType<typeof newFieldAnswer> {
  const n = tally.records;
  if (n === 0 || n < minRecords)
    return { verdict: "insufficient", k: 0, n, why: `${n} records, at least ${Math.max(1, minRecords)} are needed` };
  return newFieldAnswer(limitPpm, inOrder, n, tally.names ?? null); // counted where a rule asks
}

const NO_VALUE = "no record has a value";

function boundsOf({ min, max }: CompiledRule): { readonly min?: number; readonly max?: number } {
  return { ...(min > -Infinity && { min }), ...(max < Infinity && { max }) };
}

function figureAnswer(
  { rule, at }: Placed<FigureRule>,
  tally: Tally,
  minRecords: number,
): Pick<RuleVerdict, "verdict" | "n"> & Partial<RuleVerdict> {
  const answer = rule.answer(tally.cells.subarray(at, at + rule.counter.size));
  if (answer === null) return { verdict: "insufficient", n: 0, why: NO_VALUE };
  if (tally.records >= minRecords) return answer;
  return { ...answer, verdict: "insufficient", why: `${tally.records} records, at least ${minRecords} are needed` };
}

/** How many different values there are: exactly up to what decides, then "more". One record alone is no constant. */
function distinctAnswer(
  { kind, min, max }: CompiledRule,
  { limit }: DistinctCounter,
  values: DistinctValues,
): Pick<RuleVerdict, "verdict" | "value"> {
  const value = values === null ? limit + 1 : values.size;
  if (kind === "constant") return { verdict: value === 1 ? "breach" : "pass", value };
  return { verdict: value < min || value > max ? "breach" : "pass", value };
}

/** How many of n values repeat one of the others. Beyond what is counted so many at most repeat that it may still be known to be enough. */
function repeatedAnswer(
  limitPpm: number,
  n: number,
  { limit }: DistinctCounter,
  values: DistinctValues,
): Pick<RuleVerdict, "verdict" | "k"> & Partial<RuleVerdict> {
  const k = n - (values?.size ?? limit + 1);
  const passes = k * PPM <= limitPpm * n;
  if (values === null && !passes)
    return { verdict: "insufficient", k, why: `more than ${limit} different values: they are not counted further` };
  return { verdict: passes ? "pass" : "breach", k };
}

function countsOf(rule: CompiledRule, index: number, tally: Tally): { k: number; n: number; failed: number } {
  const count = (code: number): number => tally.counts[index * CODES + code]!; // codes are below CODES
  const failed = rule.onError === "skip" ? 0 : count(FAILED);
  const missing = count(MISSING);
  const present = count(FINE) + count(BROKEN) + failed;
  const k = count(BROKEN) + (rule.missingBreaks ? missing : 0);
  return { k, n: rule.denominator === "all" ? present + missing : present, failed };
}

function brokenRecords(ruleSet: RuleSet, tally: Tally): BrokenCount[] {
  return ruleSet.rules.flatMap((rule, i) => {
    if (rule.scope !== "record") return [];
    const { k, failed } = countsOf(rule, i, tally);
    return k + failed > 0 ? [{ id: rule.id, mode: rule.mode, k: k + failed }] : [];
  });
}
