import type { RuleVerdict } from "../judge-window.ts";
import { MAX_NAMES, type NameCounts } from "./name-counts.ts";

/** A field that the contract does not know, and how many records of the window have it. */
export interface NewField {
  readonly name: string;
  readonly k: number;
}

/** Fields that a verdict names. */
const TOLD_FIELDS = 20;
const PPM = 1_000_000;

type Answer = Pick<RuleVerdict, "verdict" | "k" | "n"> & Partial<RuleVerdict>;

/** Has at least such a share of n records a field that is neither in the contract nor among those that are in order? */
export function newFieldAnswer(limitPpm: number, inOrder: ReadonlySet<string>, n: number, names: NameCounts): Answer {
  if (names === null) return { verdict: "insufficient", k: 0, n, why: `more than ${MAX_NAMES} unknown names: they are data, not fields` };
  const fields = frequent(names, ({ name, k }) => !inOrder.has(name) && k * PPM >= limitPpm * n);
  const [most] = fields;
  if (!most) return { verdict: "pass", k: 0, n };
  return { verdict: "breach", k: most.k, n, fields: fields.slice(0, TOLD_FIELDS) };
}

/** The most frequent first. */
function frequent(names: ReadonlyMap<string, number>, isWanted: (field: NewField) => boolean): NewField[] {
  return [...names]
    .map(([name, k]) => ({ name, k }))
    .filter(isWanted)
    .sort((a, b) => b.k - a.k || (a.name < b.name ? -1 : 1));
}
