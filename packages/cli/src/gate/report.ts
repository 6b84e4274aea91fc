import { clopperPearson } from "@weir/stats";
import { toldVerdict, type RuleVerdict, type WindowJudgement } from "@weir/rules";
import type { Example, InspectedWindow } from "./inspect-window.ts";
import type { ToldWindow } from "./told.ts";

/** Everything that the report of a window shows; its HTML holds no number that is not here. */
export interface WindowReport {
  readonly id: string;
  readonly stage: string;
  readonly start: string | null;
  readonly end: string | null;
  readonly verdict: WindowJudgement["verdict"];
  readonly quarantined: boolean;
  readonly n: number;
  readonly partitions: ToldWindow["partitions"];
  readonly ruleSet: string;
  /** Null: it was closed and stayed so, or there is none. */
  readonly breaker: NonNullable<ToldWindow["breaker"]> | null;
  /** Records that had gone on when a rule was found broken. */
  readonly taint: NonNullable<ToldWindow["taint"]>;
  readonly rules: readonly ReportedRule[];
  readonly broken: readonly { readonly id: string; readonly mode: string; readonly k: number }[];
  readonly columns: readonly ReportedColumn[];
  /** Null where the window was judged as one. */
  readonly keys: ReportedKeys | null;
  /** What must be known to read the numbers right. */
  readonly notes: readonly string[];
}

export interface ReportedRule {
  readonly id: string;
  readonly kind: string;
  readonly mode: string;
  readonly verdict: string;
  /** What was seen and what is allowed. */
  readonly said: string;
  readonly k: number | null;
  readonly n: number;
  readonly limitPercent: number | null;
  /** 95 % interval of the rate that the source has, in percent (Clopper–Pearson); null for what is no rate. */
  readonly intervalPercent: readonly [number, number] | null;
  readonly drift: RuleVerdict["drift"] | null;
  readonly examples: readonly Example[];
}

/** A window that was judged key by key. */
export interface ReportedKeys {
  readonly by: string;
  readonly judged: number;
  readonly breach: number;
  readonly insufficient: number;
  readonly error: number;
  /** Keys that did not pass, the worst first; said: what was seen and what is allowed. */
  readonly list: readonly { readonly key: string; readonly n: number; readonly verdict: string; readonly said: string }[];
}

/** A field in bins: shares of the window beside those of the baseline. */
export interface ReportedColumn {
  readonly field: string;
  readonly baseline: string;
  readonly cells: readonly {
    readonly cell: string;
    readonly baselinePercent: number;
    readonly windowPercent: number;
    readonly count: number;
  }[];
  readonly worst: {
    readonly rule: string;
    readonly method: string;
    readonly effect: number;
    readonly fail: number;
    readonly verdict: string;
  } | null;
}

const ALPHA = 0.05;

/** `seen` null: the records are not there any more; the verdict alone is reported. */
export function reportWindow(told: ToldWindow, seen: InspectedWindow | null): WindowReport {
  const notes: string[] = [];
  if (seen === null) notes.push("The records of this window were not looked at: distributions and examples are left out.");
  if (seen !== null && seen.ruleSet.digest !== told.ruleSet)
    notes.push("The pipeline's rules have changed since this verdict: examples and distributions follow the present ones.");
  if (seen !== null && seen.tally.records !== told.n) {
    notes.push(
      `${seen.tally.records} records lie in the window now, ${told.n} were judged: late ones are not part of it, and the topic may have forgotten some.`,
    );
  }
  return {
    id: told.id,
    stage: told.stage,
    start: told.window.start ?? null,
    end: told.window.end ?? null,
    verdict: told.verdict,
    quarantined: told.quarantined,
    n: told.n,
    partitions: told.partitions,
    ruleSet: told.ruleSet.slice(0, 8),
    breaker: told.breaker ?? null,
    taint: told.taint ?? [],
    rules: told.rules.map((rule) => reportedRule(rule, seen)).sort(worstFirst),
    broken: (told.broken ?? []).map(({ id, mode, k }) => ({ id, mode, k })),
    columns: seen === null ? [] : reportedColumns(told, seen),
    keys: told.keys ? reportedKeys(told.keys) : null,
    notes,
  };
}

/** What the verdict did to later records, and what could not be kept back. */
export function flowLines({ breaker, taint }: Pick<WindowReport, "breaker" | "taint">): string[] {
  return [
    ...(breaker === null ? [] : [BREAKER[breaker]]),
    ...taint.map(
      ({ partition, first, last, count }) => `gone on already: ${count} records of partition ${partition}, offsets ${first} to ${last}`,
    ),
  ];
}

const BREAKER: Readonly<Record<NonNullable<ToldWindow["breaker"]>, string>> = {
  tripped: "breaker tripped: later records of the partition are quarantined",
  open: "breaker open: this window is no evidence that the source is well again",
  halfOpen: "breaker half open: more windows without a breach are needed",
  closed: "breaker closed: records go on again",
};

function reportedKeys({ by, judged, breach, insufficient, error, list }: NonNullable<ToldWindow["keys"]>): ReportedKeys {
  const said = (rules: readonly RuleVerdict[]): string => rules.map((rule) => `${rule.id}: ${saidOf(rule)}`).join("; ");
  return {
    by,
    judged,
    breach,
    insufficient,
    error,
    list: list.map(({ key, n, verdict, rules }) => ({ key, n, verdict, said: said(rules) })),
  };
}

function saidOf(rule: RuleVerdict): string {
  return rule.verdict === "insufficient" || rule.verdict === "error" ? (rule.why ?? rule.verdict) : toldVerdict(rule);
}

const ORDER = ["breach", "error", "insufficient", "pass"];

/** Enforced before observed, breaches before what passed. */
function worstFirst(a: ReportedRule, b: ReportedRule): number {
  const enforced = Number(a.mode === "observe") - Number(b.mode === "observe");
  return enforced || ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict);
}

function reportedRule(rule: RuleVerdict, seen: InspectedWindow | null): ReportedRule {
  const { id, kind, mode, verdict, k, n, limitPpm, drift } = rule;
  const rate =
    rule.of === undefined && limitPpm !== undefined && k !== undefined && kind !== "driftShare" && n > 0
      ? clopperPearson(k, n, ALPHA)
      : null;
  return {
    id,
    kind,
    mode,
    verdict,
    said: saidOf(rule),
    k: k ?? null,
    n,
    limitPercent: limitPpm === undefined ? null : limitPpm / 10_000,
    intervalPercent: rate === null ? null : [percent(rate.low), percent(rate.high)],
    drift: drift ?? null,
    examples: seen?.examples.get(id) ?? [],
  };
}

function reportedColumns(told: ToldWindow, { ruleSet, tally }: InspectedWindow): ReportedColumn[] {
  const byField = new Map<string, ReportedColumn>();
  for (const { drift } of ruleSet.rules) {
    if (drift === null || byField.has(drift.rule.field)) continue;
    const { field, baseline, column } = drift.rule;
    const counts = tally.cells.subarray(drift.at, drift.at + column.cells.length);
    const [n, m] = [counts.reduce((sum, c) => sum + c, 0), column.counts.reduce((sum, c) => sum + c, 0)];
    const cells = column.cells.map((cell, i) => {
      const [before, count] = [column.counts[i] ?? 0, counts[i] ?? 0];
      return { cell, baselinePercent: percent(m === 0 ? 0 : before / m), windowPercent: percent(n === 0 ? 0 : count / n), count };
    });
    byField.set(field, { field, baseline, cells, worst: worstOf(told, field) });
  }
  return [...byField.values()];
}

/** The rule of a field whose effect lies furthest beyond its bar. */
function worstOf(told: ToldWindow, field: string): ReportedColumn["worst"] {
  const rules = told.rules.flatMap((rule) => (rule.drift?.field === field ? [{ rule, drift: rule.drift }] : []));
  const [worst] = rules.sort((a, b) => b.drift.effect / b.drift.fail - a.drift.effect / a.drift.fail);
  if (!worst) return null;
  const { method, effect, fail } = worst.drift;
  return { rule: worst.rule.id, method, effect, fail, verdict: worst.rule.verdict };
}

function percent(share: number): number {
  return Number((share * 100).toPrecision(4));
}
