import type { DriftEvidence } from "./drift/measure.ts";
import type { RuleVerdict } from "./judge-window.ts";

/** What was seen and what is allowed, for people. */
export function toldVerdict(answer: RuleVerdict): string {
  return `${toldAlone(answer)}${toldHints(answer)}`;
}

function toldHints({ renamed = [], rescaled }: RuleVerdict): string {
  const unit = rescaled === undefined ? "" : `; the values look like ${short(rescaled.factor)} times the baseline's (${rescaled.as})`;
  return unit + renamed.map(({ from, to }) => `; ${from} may be called ${to} now`).join("");
}

function toldAlone(answer: RuleVerdict): string {
  const { kind, k, n, limitPpm = 0, drift, expected = 0, value } = answer;
  if (answer.of === "keys") return `${k} of ${n} keys broke it`;
  if (drift) return toldDrift(drift);
  switch (kind) {
    case "driftShare":
      return `${k} of ${n} fields drifted, allowed: fewer than ${limitPpm / 10_000} %`;
    case "rateChange":
      return `${k} of the last ${n} records, in order: ${percent(expected)}`;
    case "level":
      return `the level changed within the last ${n} records, in order: ${expected}`;
    case "constant":
      return `${value === 1 ? "one value" : "more than one value"} in ${n} records, allowed: more than one`;
    case "cardinality":
      return `${differentValues(answer)} in ${n} records, ${boundsOf(answer)}`;
    case "unique":
      return `${k} of ${n} repeat the value of another, allowed: ${limitPpm / 10_000} %`;
    case "mean":
      return `the mean of ${n} records is ${value}, ${boundsOf(answer)}`;
    case "quantile":
      return `${k} of ${n} records lie beyond the bound, ${boundsOf(answer)} for the quantile`;
    case "missingField":
      return `missing in ${k} of ${n}, before: in hardly any, allowed: ${limitPpm / 10_000} %`;
    case "newField":
      return toldFields(answer);
    case "typeChange":
      return `${k} of ${n} are of another type than before, allowed: ${limitPpm / 10_000} %`;
    case "complete":
      return toldComplete(answer);
    case "volume":
      return toldVolume(answer);
    default:
      return toldRate(answer);
  }
}

function toldDrift({ field, method, effect, fail, calibratedBar, top }: DriftEvidence): string {
  const bar = calibratedBar !== null && calibratedBar > fail ? `at most ${short(calibratedBar)}, as in good windows` : `below ${fail}`;
  const [most] = top;
  const cell = most ? `; ${most.cell}: ${percent(most.baseline)} before, ${percent(most.window)} now` : "";
  return `${method} of ${field} is ${short(effect)}, allowed: ${bar}${cell}`;
}

function toldFields({ n, limitPpm = 0, fields = [] }: RuleVerdict): string {
  const found = fields.map(({ name, k }) => `${name} in ${k}`).join(", ");
  return `${found === "" ? `no unknown field is frequent in ${n}` : `unknown: ${found} of ${n}`}, allowed: in less than ${limitPpm / 10_000} %`;
}

function toldComplete({ n, declared }: RuleVerdict): string {
  const { records, checksum, sum } = declared ?? {};
  return [
    `${n} records`,
    ...(records === undefined ? [] : [`declared: ${records}`]),
    ...(checksum === undefined ? [] : [`checksum ${sum ?? ""}, declared: ${checksum}`]),
  ].join(", ");
}

function toldVolume({ n, min, max, previous, median, z }: RuleVerdict): string {
  const compared = [
    ...(previous === undefined ? [] : [`${previous} in the window before`]),
    ...(z === undefined ? [] : [`${z} robust deviations from the median ${median} of this hour of the week`]),
  ];
  const bounded = min !== undefined || max !== undefined || compared.length === 0;
  return [`${n} records`, ...compared, ...(bounded ? [`allowed: ${min ?? 0} to ${max ?? "any number"}`] : [])].join(", ");
}

function toldRate({ k, n, limitPpm = 0, warnPpm, p, before }: RuleVerdict): string {
  const chance = p === undefined ? "" : ` (p = ${Number(p.toPrecision(2))})`;
  const limit = `${limitPpm / 10_000} %`;
  const look = warnPpm === undefined ? "" : `, worth a look above ${warnPpm / 10_000} %`;
  if (before) return `${k} of ${n}, before: ${before.k} of ${before.n}${chance}, allowed: a rise below ${limit} of all`;
  return `${k} of ${n}${chance}, allowed: ${limit}${chance === "" ? "" : " and what chance makes of it"}${look}`;
}

function boundsOf({ min, max }: RuleVerdict): string {
  return `allowed: ${min ?? "any"} to ${max ?? "any number"}`;
}

/** They are counted as far as it decides. */
function differentValues({ value = 0, min = 0, max = min }: RuleVerdict): string {
  return value > max ? `more than ${max} different values` : `${value} different values`;
}

function percent(share: number): string {
  return `${short(share * 100)} %`;
}

function short(x: number): number {
  return Number(x.toPrecision(3));
}
