import type { RuleVerdict } from "./judge-window.ts";

/** What was seen and what is allowed, for people. */
export function toldVerdict({
  kind,
  k,
  n,
  limitPpm,
  min,
  max,
  drift,
  expected,
  p,
  before,
  value,
  of,
  previous,
  median,
  z,
}: RuleVerdict): string {
  if (of === "keys") return `${k} of ${n} keys broke it`;
  if (drift) {
    const { field, method, effect, fail, calibratedBar, top } = drift;
    const bar = calibratedBar !== null && calibratedBar > fail ? `at most ${short(calibratedBar)}, as in good windows` : `below ${fail}`;
    const [most] = top;
    const cell = most ? `; ${most.cell}: ${percent(most.baseline)} before, ${percent(most.window)} now` : "";
    return `${method} of ${field} is ${short(effect)}, allowed: ${bar}${cell}`;
  }
  if (kind === "driftShare") return `${k} of ${n} fields drifted, allowed: fewer than ${(limitPpm ?? 0) / 10_000} %`;
  if (kind === "rateChange") return `${k} of the last ${n} records, in order: ${percent(expected ?? 0)}`;
  if (kind === "level") return `the level changed within the last ${n} records, in order: ${expected}`;
  const allowed = `allowed: ${min ?? "any"} to ${max ?? "any number"}`;
  if (kind === "constant") return `${value === 1 ? "one value" : "more than one value"} in ${n} records, allowed: more than one`;
  if (kind === "cardinality") return `${differentValues(value ?? 0, max ?? min ?? 0)} in ${n} records, ${allowed}`;
  if (kind === "mean") return `the mean of ${n} records is ${value}, ${allowed}`;
  if (kind === "quantile") return `${k} of ${n} records lie beyond the bound, ${allowed} for the quantile`;
  if (kind === "missingField") return `missing in ${k} of ${n}, before: in hardly any, allowed: ${(limitPpm ?? 0) / 10_000} %`;
  if (kind === "typeChange") return `${k} of ${n} are of another type than before, allowed: ${(limitPpm ?? 0) / 10_000} %`;
  if (kind === "volume") {
    const before = previous === undefined ? "" : `, ${previous} in the window before`;
    const season = z === undefined ? "" : `, ${z} robust deviations from the median ${median} of this hour of the week`;
    const bounds = min === undefined && max === undefined && (before || season) ? "" : `, allowed: ${min ?? 0} to ${max ?? "any number"}`;
    return `${n} records${before}${season}${bounds}`;
  }
  if (limitPpm === undefined) return `${n} records, allowed: ${min ?? 0} to ${max ?? "any number"}`;
  const chance = p === undefined ? "" : ` (p = ${Number(p.toPrecision(2))})`;
  if (before) return `${k} of ${n}, before: ${before.k} of ${before.n}${chance}, allowed: a rise below ${limitPpm / 10_000} % of all`;
  if (chance !== "") return `${k} of ${n}${chance}, allowed: ${limitPpm / 10_000} % and what chance makes of it`;
  return `${k} of ${n}, allowed: ${limitPpm / 10_000} %`;
}

/** They are counted as far as it decides. */
function differentValues(value: number, decides: number): string {
  return value > decides ? `more than ${decides} different values` : `${value} different values`;
}

function percent(share: number): string {
  return `${short(share * 100)} %`;
}

function short(x: number): number {
  return Number(x.toPrecision(3));
}
