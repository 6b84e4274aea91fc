import { judgeWindow, toldVerdict, type RuleSet, type RuleVerdict, type Verdict, type WindowJudgement } from "@weir/rules";
import { OTHER_KEYS, type KeyTallies } from "./key-tallies.ts";

/** A window judged key by key. */
export interface KeyedJudgement {
  /** Over all keys: the worst verdict of each rule; k keys of n that could be judged broke it. */
  readonly whole: WindowJudgement;
  readonly fates: KeyFates;
  readonly told: ToldKeys;
}

/** What becomes of the records of keys that did not simply pass. Keeps its size within what a state record can hold. */
export interface KeyFates {
  /** References of the rules that condemn any of the keys. */
  readonly refs: readonly string[];
  /** Id of the verdict that tells of them. */
  readonly verdict: string;
  /** What happens to keys, each way once: indexes into `refs` of the rules that condemn, and flags. */
  readonly ways: readonly { readonly rules: readonly number[]; readonly tags: readonly string[] }[];
  /** Index into `ways` by key; keys that simply pass are left out, unless the others share a tally and have to be told from them. */
  readonly wayOf: Readonly<Record<string, number>>;
  /** Were keys beyond the bound judged together? */
  readonly others: boolean;
  /** What was seen and allowed, of the first condemned keys. */
  readonly why: Readonly<Record<string, string>>;
}

/** What a verdict says of its keys. */
export interface ToldKeys {
  readonly judged: number;
  readonly breach: number;
  readonly insufficient: number;
  readonly error: number;
  /** Keys beyond the bound were judged together. */
  readonly others?: true;
  /** Keys that did not pass, the worst first, at most 100. */
  readonly list: readonly { readonly key: string; readonly n: number; readonly verdict: Verdict; readonly rules: readonly RuleVerdict[] }[];
}

const MOST_TOLD = 100;
const MOST_CHARACTERS = 500;
const WORST_FIRST: readonly Verdict[] = ["error", "breach", "insufficient", "pass"];

export function judgeKeys(
  ruleSet: RuleSet,
  tallies: KeyTallies,
  { hold, verdict }: { readonly hold: boolean; readonly verdict: string },
): KeyedJudgement {
  const judged = [...tallies.entries()].map(([key, tally]) => ({ key, n: tally.records, judgement: judgeWindow(ruleSet, tally) }));
  const rank = (verdict: Verdict): number => WORST_FIRST.indexOf(verdict);
  const bad = judged.filter(({ judgement }) => judgement.verdict !== "pass");
  const told = bad.toSorted((a, b) => rank(a.judgement.verdict) - rank(b.judgement.verdict)).slice(0, MOST_TOLD);
  const condemned = hold ? judged.filter(({ judgement }) => judgement.outcome === "quarantine") : [];
  const refs = [...new Set(condemned.flatMap(({ judgement }) => judgement.condemnedBy))];
  const count = (verdict: Verdict): number => judged.filter(({ judgement }) => judgement.verdict === verdict).length;
  const others = judged.some(({ key }) => key === OTHER_KEYS);
  return {
    whole: {
      verdict: WORST_FIRST.find((v) => count(v) > 0) ?? "pass",
      rules: overKeys(judged.map(({ judgement }) => judgement)),
      broken: brokenOver(judged.map(({ judgement }) => judgement)),
      outcome: condemned.length > 0 ? "quarantine" : "pass",
      condemnedBy: refs,
      tags: [],
    },
    fates: {
      refs,
      verdict,
      ...waysOf(judged, refs, { hold, others }),
      others,
      why: Object.fromEntries(condemned.slice(0, MOST_TOLD).map(({ key, judgement }) => [key, whyOf(judgement).slice(0, MOST_CHARACTERS)])),
    },
    told: {
      judged: judged.length,
      breach: count("breach"),
      insufficient: count("insufficient"),
      error: count("error"),
      ...(others && { others: true }),
      list: told.map(({ key, n, judgement: { verdict, rules } }) => ({
        key,
        n,
        verdict,
        rules: rules.filter((r) => r.verdict !== "pass"),
      })),
    },
  };
}

interface JudgedKey {
  readonly key: string;
  readonly judgement: WindowJudgement;
}

/** Ten thousand keys are judged in few ways, and the state holds each of those once. */
function waysOf(
  judged: readonly JudgedKey[],
  refs: readonly string[],
  { hold, others }: { readonly hold: boolean; readonly others: boolean },
): Pick<KeyFates, "ways" | "wayOf"> {
  const byText = new Map<string, number>();
  const wayOf: [string, number][] = [];
  for (const { key, judgement } of judged) {
    const rules = hold && judgement.outcome === "quarantine" ? judgement.condemnedBy.map((ref) => refs.indexOf(ref)) : [];
    if (rules.length === 0 && judgement.tags.length === 0 && !others) continue;
    const text = JSON.stringify({ rules, tags: judgement.tags });
    if (!byText.has(text)) byText.set(text, byText.size);
    wayOf.push([key, byText.get(text)!]); // just set
  }
  return { ways: [...byText.keys()].map((text) => JSON.parse(text) as KeyFates["ways"][number]), wayOf: Object.fromEntries(wayOf) };
}

function whyOf({ rules, condemnedBy }: WindowJudgement): string {
  const condemning = rules.filter((rule) => condemnedBy.some((ref) => ref.endsWith(`/${rule.id}`)));
  return condemning.map((rule) => `${rule.id}: ${toldVerdict(rule)}`).join("; ");
}

/** Rules are judged alike for all keys, so they stand at the same index. */
function overKeys(judgements: readonly WindowJudgement[]): RuleVerdict[] {
  return (judgements[0]?.rules ?? []).map(({ id, kind, mode, action }, i) => {
    const verdicts = judgements.map((j) => j.rules[i]!.verdict); // of one rule set
    const verdict = WORST_FIRST.find((v) => verdicts.includes(v)) ?? "pass";
    const n = verdicts.filter((v) => v !== "insufficient").length;
    return { id, kind, mode, action, verdict, k: verdicts.filter((v) => v === "breach" || v === "error").length, n, of: "keys" };
  });
}

function brokenOver(judgements: readonly WindowJudgement[]): WindowJudgement["broken"] {
  const byRule = new Map<string, WindowJudgement["broken"][number]>();
  for (const { broken } of judgements)
    for (const found of broken) byRule.set(found.id, { ...found, k: found.k + (byRule.get(found.id)?.k ?? 0) });
  return [...byRule.values()];
}
