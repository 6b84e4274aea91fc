import { PRESENT, type Failure, type NumberColumn } from "@weir/record";
import type { BatchView } from "./check.ts";
import { BROKEN, FAILED, FINE, MISSING, UNCOUNTED } from "./row-code.ts";
import type { CompiledRule, RuleSet } from "./rule-set.ts";

/** What the record rules of one rule set say of one batch. */
export interface BatchJudgement {
  readonly ruleSet: RuleSet;
  readonly view: BatchView;
  /** 1 for rows that could be decoded and, as far as their window needs it, placed in time. */
  readonly counted: Uint8Array;
  /** Row codes by rule; null for rules that look at no row. */
  readonly codes: readonly (Uint8Array | null)[];
  /** Readable records that enforced rules refuse, by row. */
  readonly refused: ReadonlyMap<number, Refusal>;
  /** 1 for rows that could not be read or are refused: most rows are neither, and need not be looked up among them. */
  readonly stopped: Uint8Array;
  /** Ids of the broken `tag` rules, by row. */
  readonly tags: ReadonlyMap<number, readonly string[]>;
}

export interface Refusal {
  readonly to: "quarantine" | "dead-letter";
  readonly failure: Failure;
}

/** Violations that one record is told of. */
const MAX_VIOLATIONS = 20;

/** Runs every rule over the columns; objects are made only for rows that break one. `times` is null where windows need no event time. */
export function judgeBatch(ruleSet: RuleSet, view: BatchView, times: NumberColumn | null): BatchJudgement {
  const { count } = view.batch;
  const { failures } = view.read;
  const counted = new Uint8Array(count).fill(1);
  for (const [row, failure] of failures) {
    if (failure.class === "DECODE" || (times !== null && times.presence[row] !== PRESENT)) counted[row] = 0;
  }
  const codes = ruleSet.rules.map((rule) => {
    if (rule.check === null) return null;
    const column = codesOf(count);
    rule.check.run(view, column);
    if (failures.size > 0) {
      const isReadable = rule.check.readable(view);
      for (const row of failures.keys()) if (counted[row] === 0 || !isReadable(row)) column[row] = UNCOUNTED;
    }
    return column;
  });
  const violations = violationsByRow(ruleSet, codes, view);
  const refused = new Map<number, Refusal>();
  const tags = new Map<number, readonly string[]>();
  for (const [row, rules] of violations) {
    const refusal = refusalOf(rules, view, row);
    if (refusal) refused.set(row, refusal);
    const broken = rules.filter((r) => r.action === "tag").map((r) => r.id);
    if (broken.length > 0) tags.set(row, broken);
  }
  const stopped = new Uint8Array(count);
  for (const row of failures.keys()) stopped[row] = 1;
  for (const row of refused.keys()) stopped[row] = 1;
  return { ruleSet, view, counted, codes, refused, stopped, tags };
}

/** A code for every row, in memory that can be looked at four at a time. */
function codesOf(count: number): Uint8Array {
  return new Uint8Array(new ArrayBuffer((count + 3) & ~3), 0, count);
}

const FOUR_FINE = FINE * 0x01010101;

function areFine(codes: Uint8Array): boolean {
  const fours = codes.length >> 2;
  const words = new Int32Array(codes.buffer, 0, fours);
  for (let i = 0; i < fours; i++) if (words[i] !== FOUR_FINE) return false;
  for (let row = 4 * fours; row < codes.length; row++) if (codes[row] !== FINE) return false;
  return true;
}

/** Is the row broken in the sense of the rule? */
export function breaks(rule: CompiledRule, code: number): boolean {
  return code === BROKEN || (code === MISSING && rule.missingBreaks) || (code === FAILED && rule.onError !== "skip");
}

function violationsByRow(ruleSet: RuleSet, codes: readonly (Uint8Array | null)[], { batch, read }: BatchView): Map<number, CompiledRule[]> {
  const byRow = new Map<number, CompiledRule[]>();
  ruleSet.rules.forEach((rule, i) => {
    const column = codes[i];
    if (!column || rule.scope !== "record" || rule.mode !== "enforce" || areFine(column)) return;
    const missing = MISSING; // an imported name is looked up in every row
    for (let row = 0; row < batch.count; row++) {
      if (column[row]! < missing || !breaks(rule, column[row]!) || read.failures.has(row)) continue; // row < count
      const known = byRow.get(row);
      if (known) known.push(rule);
      else byRow.set(row, [rule]);
    }
  });
  return byRow;
}

function refusalOf(rules: readonly CompiledRule[], view: BatchView, row: number): Refusal | null {
  const refusing = rules.filter((r) => r.action !== "tag" && r.action !== "alert").slice(0, MAX_VIOLATIONS);
  if (refusing.length === 0) return null;
  const dead = refusing.some((r) => r.action === "deadLetter" || (r.kind === "expr" && r.onError === "dead-letter"));
  const message = refusing.map((r) => `${r.id}: ${r.check?.explain(view, row) ?? "broken"}`).join("; ");
  return { to: dead ? "dead-letter" : "quarantine", failure: { class: "RULE", message, rules: refusing.map((r) => r.ref) } };
}
