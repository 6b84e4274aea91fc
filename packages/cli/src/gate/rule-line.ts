import type { RuleSpec } from "@weir/rules";

/** Numbers of these members are shares of 1, which the pipeline file writes in percent. */
const SHARES: ReadonlySet<string> = new Set(["share", "mostly", "rate"]);

/** A rule as one line of the pipeline file. */
export function ruleLine(rule: RuleSpec): string {
  const members = Object.entries(rule).map(([key, value]) => `${key}: ${isShare(rule, key) ? inPercent(value) : scalar(value)}`);
  return `{ ${members.join(", ")} }`;
}

function isShare(rule: RuleSpec, key: string): boolean {
  return SHARES.has(key) || ((key === "max" || key === "warn") && (rule.kind === "nullRate" || rule.kind === "sentinel"));
}

function inPercent(value: unknown): string {
  return `${Number((Number(value) * 100).toFixed(4))}%`;
}

/** Plain words stand as they are; everything that YAML could read otherwise is quoted. */
function scalar(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(scalar).join(", ")}]`;
  if (typeof value === "string" && /^[A-Za-z/][\w./-]*$/.test(value) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(value))
    return value;
  return JSON.stringify(value);
}
