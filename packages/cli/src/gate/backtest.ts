import type { RuleVerdict } from "@weir/rules";
import type { JudgedPast } from "./judge-past.ts";
import type { ToldWindow } from "./told.ts";

/** A window that the two gates judge differently. */
export interface ChangedVerdict {
  readonly window: string;
  readonly n: number;
  /** Null: only the other gate has the window. */
  readonly now: string | null;
  readonly candidate: string | null;
  /** Rules that answer differently, or that only one of the gates has, enforces and does not find passed. */
  readonly because: readonly { readonly rule: string; readonly now: string | null; readonly candidate: string | null }[];
}

export interface BacktestResult {
  readonly records: number;
  readonly windows: { readonly now: number; readonly candidate: number };
  readonly changed: readonly ChangedVerdict[];
  /** Records by the port that they have now and the one that they would have. */
  readonly moves: readonly { readonly from: string; readonly to: string; readonly records: number }[];
  /** Some of the records whose port changes. */
  readonly examples: readonly { readonly place: string; readonly from: string; readonly to: string }[];
}

const EXAMPLES = 10;
const UNDECIDED = "undecided";

/** Which verdicts and which records would change if the candidate took the gate's place. */
export function compareGates(now: JudgedPast, candidate: JudgedPast): BacktestResult {
  const moves = new Map<string, { from: string; to: string; records: number }>();
  const examples: { place: string; from: string; to: string }[] = [];
  let records = 0;
  for (const lane of new Set([...now.ports.keys(), ...candidate.ports.keys()])) {
    const [before, after] = [now.ports.get(lane) ?? new Map(), candidate.ports.get(lane) ?? new Map()];
    for (const offset of new Set<number>([...before.keys(), ...after.keys()])) {
      const [from, to] = [String(before.get(offset) ?? UNDECIDED), String(after.get(offset) ?? UNDECIDED)];
      const move = moves.get(`${from} ${to}`) ?? { from, to, records: 0 };
      moves.set(`${from} ${to}`, { ...move, records: move.records + 1 });
      records++;
      if (from !== to && examples.length < EXAMPLES) examples.push({ place: `${lane}/${offset}`, from, to });
    }
  }
  return {
    records,
    windows: { now: now.verdicts.length, candidate: candidate.verdicts.length },
    changed: changedVerdicts(now.verdicts, candidate.verdicts),
    moves: [...moves.values()].sort((a, b) => Number(a.from === a.to) - Number(b.from === b.to) || b.records - a.records),
    examples,
  };
}

function changedVerdicts(now: readonly ToldWindow[], candidate: readonly ToldWindow[]): ChangedVerdict[] {
  const [before, after] = [byId(now), byId(candidate)];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((id) => {
    const [old, next] = [before.get(id), after.get(id)];
    const because = changedRules(old?.rules ?? [], next?.rules ?? []);
    const same = fateOf(old) === fateOf(next);
    if (same && because.length === 0) return [];
    return [{ window: id, n: (next ?? old)?.n ?? 0, now: fateOf(old), candidate: fateOf(next), because }];
  });
}

function changedRules(old: readonly RuleVerdict[], next: readonly RuleVerdict[]): ChangedVerdict["because"] {
  const [before, after] = [new Map(old.map((r) => [r.id, r])), new Map(next.map((r) => [r.id, r]))];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((rule) => {
    const [was, is] = [before.get(rule), after.get(rule)];
    if ((was ?? is)?.mode === "observe" && !(was && is)) return [];
    if ((was?.verdict ?? "pass") === (is?.verdict ?? "pass")) return [];
    return [{ rule, now: was?.verdict ?? null, candidate: is?.verdict ?? null }];
  });
}

function fateOf(told: ToldWindow | undefined): string | null {
  if (!told) return null;
  return told.quarantined ? `${told.verdict}, quarantined` : told.verdict;
}

function byId(verdicts: readonly ToldWindow[]): Map<string, ToldWindow> {
  return new Map(verdicts.map((told) => [told.id, told]));
}
