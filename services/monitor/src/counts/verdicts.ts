/** What people want to know of a judged window. */
export interface WindowSummary {
  readonly id: string;
  readonly stage: string;
  readonly records: number;
  /** Missing values that a null-rate rule of the window counted; null where it has no such rule. */
  readonly nulls: number | null;
  readonly verdict: string;
  /** Nothing of it went on because of the verdict, or of one before. */
  readonly quarantined: boolean;
  /** Rules that were broken, with what they saw. */
  readonly broken: readonly BrokenRule[];
}

export interface BrokenRule {
  readonly rule: string;
  /** `observe`: told, but nothing was stopped because of it. */
  readonly mode: string;
  /** Records that broke it; null where the rule counts none. */
  readonly k: number | null;
  readonly n: number;
  /** Distance to the baseline, where the rule measures one. */
  readonly effect: number | null;
}

/** Reads one record of the verdict topic; null for what is none. */
export function parseVerdict(text: string): WindowSummary | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value) || typeof value["id"] !== "string" || typeof value["verdict"] !== "string") return null;
  const rules = Array.isArray(value["rules"]) ? value["rules"].filter(isRecord) : [];
  const nullRate = rules.find((r) => r["kind"] === "nullRate");
  return {
    id: value["id"],
    stage: String(value["stage"]),
    records: Number(value["n"]),
    nulls: nullRate ? Number(nullRate["k"]) : null,
    verdict: value["verdict"],
    quarantined: value["quarantined"] === true,
    broken: rules.filter((r) => r["verdict"] === "breach").map(brokenRule),
  };
}

function brokenRule(rule: Record<string, unknown>): BrokenRule {
  const drift = isRecord(rule["drift"]) ? rule["drift"] : {};
  return {
    rule: String(rule["id"]),
    mode: rule["mode"] === "observe" ? "observe" : "enforce",
    k: typeof rule["k"] === "number" ? rule["k"] : null,
    n: Number(rule["n"]),
    effect: typeof drift["effect"] === "number" ? drift["effect"] : null,
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
