import { OTHER, PRESENT } from "@weir/record";
import { passesNumber } from "./checks.ts";
import { FAIL, skipSpace } from "./json-bytes.ts";
import { NUMBER, scanNumber } from "./number.ts";
import type { FieldPlan } from "./plan.ts";
import type { Scan } from "./scan.ts";
import { FRACTION, WHOLE, type ListRules } from "./simple-schema.ts";

const COMMA = 44;
const CLOSE = 93;
/** The largest 32-bit float. What lies above may still be rounded to it, which the exact way finds out. */
const FLOAT32_MAX = 3.4028234663852886e38;

/** Reads an array of numbers into a row; `from` is behind the bracket. An array with anything else in it is left to the exact way. */
export function scanNumbers(scan: Scan, field: FieldPlan, from: number): number {
  const { bytes, end, row } = scan;
  const { list, asVector } = field;
  const width = asVector?.width ?? 0;
  let count = 0;
  let at = skipSpace(bytes, from, end);
  if (at < end && bytes[at] === CLOSE) at++;
  else
    for (;;) {
      at = scanNumber(bytes, at, end);
      if (at < 0) return FAIL;
      const value = NUMBER[0]!; // it has one
      if (!(Math.abs(value) <= FLOAT32_MAX) || (list !== null && !passesItem(list, value))) return FAIL;
      if (count < width) asVector!.vectors[row * width + count] = value; // a width, so a target
      count++;
      at = skipSpace(bytes, at, end);
      if (at >= end) return FAIL;
      const c = bytes[at++]; // at < end
      if (c === CLOSE) break;
      if (c !== COMMA) return FAIL;
      at = skipSpace(bytes, at, end);
    }
  if (list !== null && (count < list.minItems || count > list.maxItems)) return FAIL;
  for (const target of field.targets) target.presence[row] = OTHER;
  if (asVector !== null && count === width) asVector.presence[row] = PRESENT;
  return at;
}

function passesItem({ types, number }: ListRules, value: number): boolean {
  const isType = (types & FRACTION) !== 0 || ((types & WHOLE) !== 0 && Math.floor(value) === value);
  return isType && (number === null || passesNumber(number, value));
}
