import { editDistance } from "@weir/expr";
import type { RuleVerdict } from "../judge-window.ts";
import type { CompiledRule } from "../rule-set.ts";
import type { NameCounts } from "../names/name-counts.ts";

/** A field that seems to be called otherwise now: a hint for people, on which nothing acts. */
export interface Renamed {
  /** JSON pointer. */
  readonly from: string;
  /** Name of the member that the contract does not know. */
  readonly to: string;
}

interface Judged {
  readonly rule: CompiledRule;
  readonly answer: RuleVerdict;
}

/**
 * Gives verdicts on fields that are missing, and on those that are new, the names that belong together: alike, and the new one in at least half
 * of as many records as the old one is missing in, and in no more.
 */
export function withRenames(judged: readonly Judged[], names: NameCounts | undefined): readonly Judged[] {
  if (!names || names.size === 0) return judged;
  const found = judged.flatMap(({ rule, answer }) => (answer.verdict === "breach" ? renamedTo(rule, answer.k ?? 0, names) : []));
  if (found.length === 0) return judged;
  return judged.map(({ rule, answer }) => {
    const renamed = found.filter(({ from, to }) => from === fieldOf(rule) || answer.fields?.some(({ name }) => name === to));
    return answer.verdict !== "breach" || renamed.length === 0
      ? { rule, answer }
      : { rule, answer: { ...answer, renamed: distinct(renamed) } };
  });
}

function renamedTo(rule: CompiledRule, missing: number, names: ReadonlyMap<string, number>): Renamed[] {
  const from = fieldOf(rule);
  if (from === null || !rule.missingBreaks) return [];
  const old = from.slice(1);
  const fitting = [...names].filter(([name, k]) => k <= missing && 2 * k >= missing && areAlike(old, name));
  return fitting.map(([to]) => ({ from, to }));
}

/** Of fields of the record itself. */
function fieldOf({ field }: CompiledRule): string | null {
  return field === null || field.lastIndexOf("/") > 0 ? null : field;
}

function distinct(renamed: readonly Renamed[]): Renamed[] {
  return renamed.filter(({ from, to }, i) => renamed.findIndex((other) => other.from === from && other.to === to) === i);
}

/** `dep_delay` and `depDelay`, `departure_delay`, `dep_dely`: the same words, written out or cut short, or but for some letters. */
export function areAlike(a: string, b: string): boolean {
  const [left, right] = [wordsOf(a), wordsOf(b)];
  if (left.length === right.length && left.every((word, i) => oneBeginsOther(word, right[i]!))) return true; // as many
  const [x, y] = [left.join(""), right.join("")];
  return editDistance(x, y) <= Math.floor(DIFFERENT * Math.max(x.length, y.length));
}

/** Share of letters that may differ. */
const DIFFERENT = 0.25;
const SHORTEST = 3;

function oneBeginsOther(a: string, b: string): boolean {
  return a === b || (Math.min(a.length, b.length) >= SHORTEST && (a.startsWith(b) || b.startsWith(a)));
}

function wordsOf(name: string): string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{Letter}\p{Number}]+/u)
    .filter((word) => word !== "");
}
