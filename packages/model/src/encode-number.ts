import { ABSENT, NULL, PRESENT, type Column } from "@weir/record";
import { MISSING, NOT_FINITE, refuse, WRONG_TYPE, type FeatureEncoder, type Target } from "./feature-encoder.ts";
import type { Encode } from "./manifest.ts";

const FLOAT32_MAX = 3.4028234663852886e38;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const UNIT_MS = { seconds: 1000, minutes: MINUTE_MS, hours: HOUR_MS, days: DAY_MS } as const;

type NumericEncode = Exclude<Encode, { kind: "map" } | { kind: "oneHot" } | { kind: "vector" }>;

/** Encoders over columns of numbers, times and booleans. */
export function encodeNumber(encode: NumericEncode): FeatureEncoder {
  const takesMissing = encode.missing === "nan";
  switch (encode.kind) {
    case "number":
    case "bool":
      return (column, target) => scaled(column, target, { takesMissing, since: 0, unit: 1 });
    case "epoch":
      return (column, target) => scaled(column, target, { takesMissing, since: encode.sinceMs, unit: UNIT_MS[encode.unit] });
    case "hour":
      return (column, target) =>
        cyclic(column, target, { takesMissing, shiftMs: encode.offsetMinutes * MINUTE_MS, unitMs: HOUR_MS, cycle: 24 });
    case "weekday": // 1 January 1970 was a Thursday: three days after a Monday
      return (column, target) =>
        cyclic(column, target, { takesMissing, shiftMs: encode.offsetMinutes * MINUTE_MS + 3 * DAY_MS, unitMs: DAY_MS, cycle: 7 });
  }
}

function scaled(column: Column, target: Target, how: { takesMissing: boolean; since: number; unit: number }): number {
  const { rows, into, at, width, refused } = target;
  const { since, unit } = how;
  const present = PRESENT; // an imported name is looked up in every row
  const values = numbersOf(column);
  const presences = column.presence;
  let news = 0;
  for (let i = 0, to = at; i < rows.length; i++, to += width) {
    const row = rows[i]!; // i < length
    const presence = presences[row]!; // rows are within the column
    if (presence === present) {
      const value = (values[row]! - since) / unit; // as above
      if (value <= FLOAT32_MAX && value >= -FLOAT32_MAX) into[to] = value;
      else news += refuse(refused, i, NOT_FINITE);
    } else if (how.takesMissing && (presence === ABSENT || presence === NULL)) into[to] = NaN;
    else news += refuse(refused, i, presence === ABSENT || presence === NULL ? MISSING : WRONG_TYPE);
  }
  return news;
}

function cyclic(column: Column, target: Target, how: { takesMissing: boolean; shiftMs: number; unitMs: number; cycle: number }): number {
  const { rows, into, at, width, refused } = target;
  const values = numbersOf(column);
  let news = 0;
  for (let i = 0, to = at; i < rows.length; i++, to += width) {
    const row = rows[i]!; // i < length
    const presence = column.presence[row]!; // rows are within the column
    if (presence === PRESENT) {
      const step = Math.floor((values[row]! + how.shiftMs) / how.unitMs) % how.cycle; // as above
      if (Number.isFinite(step)) into[to] = step < 0 ? step + how.cycle : step;
      else news += refuse(refused, i, NOT_FINITE);
    } else if (how.takesMissing && (presence === ABSENT || presence === NULL)) into[to] = NaN;
    else news += refuse(refused, i, presence === ABSENT || presence === NULL ? MISSING : WRONG_TYPE);
  }
  return news;
}

function numbersOf(column: Column): Float64Array | Uint8Array {
  if (column.kind === "number" || column.kind === "boolean") return column.values;
  throw new Error(`a column of numbers was asked for, ${column.kind} was read`);
}
