import { isRecord, parseJson } from "../untrusted.ts";
import type { LoadedPipeline } from "@weir/service";
import type { Log } from "@weir/stream";
import type { Evidence } from "../evidence.ts";
import { lanesOf, readToEnd } from "../read-topics.ts";

/** What the verdicts of a gate say of one of its rules. */
export interface RuleReport {
  readonly rule: string;
  readonly kind: string;
  /** Windows by the rule's answer. */
  readonly verdicts: Readonly<Record<string, number>>;
  /** Over all windows: k of n records, or the greatest distance. */
  readonly k: number | null;
  readonly n: number;
  readonly effect: number | null;
  readonly worst: (Evidence & { readonly window: string }) | null;
}

export interface WindowReport {
  readonly id: string;
  readonly records: number;
  readonly verdict: string;
  readonly quarantined: boolean;
  readonly broken: readonly (Evidence & { readonly rule: string })[];
}

export interface GateReport {
  readonly stage: string;
  readonly windows: readonly WindowReport[];
  readonly rules: readonly RuleReport[];
}

const decoder = new TextDecoder();

/** What every gate of a pipeline has judged, from its verdicts, the oldest window first; `last`: only so many windows a gate. */
export async function gateReports({ pipeline, topology }: LoadedPipeline, log: Log, last: number): Promise<GateReport[]> {
  const verdicts = new Map<string, Record<string, unknown>>();
  for await (const { record } of readToEnd(log, await lanesOf(log, [topology.verdicts]))) {
    const value = record.value === null ? null : parseJson(decoder.decode(record.value));
    if (isRecord(value) && typeof value["id"] === "string") verdicts.set(value["id"], value); // the newest of an id counts
  }
  const gates = [...pipeline.stages.values()].filter((stage) => stage.type === "gate");
  return gates.map(({ id }) => {
    const own = [...verdicts.values()].filter((v) => v["stage"] === id).slice(-last);
    return { stage: id, windows: own.map(windowOf), rules: rulesOf(own) };
  });
}

function windowOf(verdict: Record<string, unknown>): WindowReport {
  const broken = answersOf(verdict).filter((a) => a.verdict === "breach");
  return {
    id: String(verdict["id"]),
    records: Number(verdict["n"]),
    verdict: String(verdict["verdict"]),
    quarantined: verdict["quarantined"] === true,
    broken: broken.map(({ id, k, n, effect }) => ({ rule: id, k, n, effect })),
  };
}

function rulesOf(verdicts: readonly Record<string, unknown>[]): RuleReport[] {
  const reports = new Map<string, RuleReport>();
  for (const verdict of verdicts) {
    for (const answer of answersOf(verdict)) {
      const { id, kind, k, n, effect } = answer;
      const before = reports.get(id) ?? { rule: id, kind, verdicts: {}, k: null, n: 0, effect: null, worst: null };
      reports.set(id, {
        ...before,
        verdicts: { ...before.verdicts, [answer.verdict]: (before.verdicts[answer.verdict] ?? 0) + 1 },
        k: k === null ? before.k : (before.k ?? 0) + k,
        n: before.n + n,
        effect: effect === null ? before.effect : Math.max(before.effect ?? 0, effect),
        worst: isWorse(answer, before.worst) ? { window: String(verdict["id"]), k, n, effect } : before.worst,
      });
    }
  }
  return [...reports.values()];
}

function isWorse({ k, n, effect }: Evidence, than: Evidence | null): boolean {
  if (effect !== null) return effect > (than?.effect ?? -1);
  // k/n > than.k/than.n, without a division
  return k !== null && n > 0 && (than === null || k * than.n > (than.k ?? 0) * n);
}

interface Answer extends Evidence {
  readonly id: string;
  readonly kind: string;
  readonly verdict: string;
}

function answersOf(verdict: Record<string, unknown>): Answer[] {
  const rules = Array.isArray(verdict["rules"]) ? verdict["rules"].filter(isRecord) : [];
  return rules.map((rule) => {
    const drift = isRecord(rule["drift"]) ? rule["drift"] : {};
    return {
      id: String(rule["id"]),
      kind: String(rule["kind"]),
      verdict: String(rule["verdict"]),
      k: typeof rule["k"] === "number" ? rule["k"] : null,
      n: Number(rule["n"]),
      effect: typeof drift["effect"] === "number" ? drift["effect"] : null,
    };
  });
}
