/** What people want to know of a judged window. */
export interface WindowSummary {
  readonly id: string;
  readonly stage: string;
  readonly records: number;
  /** Missing values that a null-rate rule of the window counted; null where it has no such rule. */
  readonly nulls: number | null;
  readonly verdict: string;
  /** Rules that were broken, with what they saw. */
  readonly broken: readonly { readonly rule: string; readonly k: number; readonly n: number }[];
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
    broken: rules.filter((r) => r["verdict"] === "breach").map((r) => ({ rule: String(r["id"]), k: Number(r["k"]), n: Number(r["n"]) })),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
