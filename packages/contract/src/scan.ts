import { NULL, OTHER, PRESENT } from "@weir/record";
import { passesBytes, passesNumber } from "./checks.ts";
import type { Bounds } from "./exact.ts";
import { codeOf, entryOf, HASH_PRIME, HASH_START } from "./interned.ts";
import { characterEnd, FAIL, literalEnd, plainTextEnd, skipSpace, skipValue, textEnd } from "./json-bytes.ts";
import { follows, nextMember } from "./member.ts";
import { scanNumbers } from "./numbers.ts";
import { NUMBER, scanNumber } from "./number.ts";
import type { FieldPlan, ObjectPlan } from "./plan.ts";
import { ARRAY, FALSE, FRACTION, NOTHING, OBJECT, TEXT, TRUE, WHOLE } from "./simple-schema.ts";
import { putNames, type Target } from "./target.ts";
import { numericTime, parseTime } from "./time.ts";
import { codeOfScanned } from "./unknown-names.ts";
import { parseJson, type Values } from "./values.ts";

/** Where the scanner is. One object for all records of a reader. */
export interface Scan {
  values: Values;
  bytes: Uint8Array;
  view: DataView;
  /** Behind the record. */
  end: number;
  row: number;
  /** Of the record; tells whether a member was met before. */
  stamp: number;
  /** What `nextMember` found; null: the object ended. */
  field: FieldPlan | null;
  readonly maxDepth: number;
  readonly maxBytes: number;
}

const NO_BYTES = new Uint8Array(0);
const MAX_STAMP = 1 << 29;

export function createScan(bounds: Bounds): Scan {
  return {
    values: { bytes: NO_BYTES, at: new Int32Array(0), length: new Int32Array(0) },
    bytes: NO_BYTES,
    view: new DataView(NO_BYTES.buffer),
    end: 0,
    row: 0,
    stamp: 0,
    field: null,
    maxDepth: bounds.maxDepth,
    maxBytes: bounds.maxBytes,
  };
}

export function beginScan(scan: Scan, plan: ObjectPlan, values: Values): void {
  const { bytes } = values;
  scan.values = values;
  scan.bytes = bytes;
  scan.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (scan.stamp > MAX_STAMP) forgetStamps(plan);
  if (scan.stamp > MAX_STAMP) scan.stamp = 0;
}

/**
 * Checks a record against the plan and fills its row, in one pass over the bytes. True: the record is valid and the row
 * complete. False: it is not, or it is unusual; the row must then be read exactly.
 */
export function scanRecord(scan: Scan, plan: ObjectPlan, row: number): boolean {
  const from = scan.values.at[row]!; // row < count, as the next line
  const length = scan.values.length[row]!;
  if (length < 2 || length > scan.maxBytes) return false;
  scan.row = row;
  scan.end = from + length;
  scan.stamp++;
  const at = skipSpace(scan.bytes, from, scan.end);
  if (at >= scan.end || scan.bytes[at] !== 123 || scan.maxDepth < 1) return false;
  const end = scanObject(scan, plan, at + 1, 1);
  if (end < 0 || skipSpace(scan.bytes, end, scan.end) !== scan.end) return false;
  if (plan.unknown?.unknown) putNames(plan.unknown, row, codeOfScanned(plan.unknown.unknown, plan, scan.stamp));
  return true;
}

function forgetStamps(plan: ObjectPlan): void {
  for (const field of plan.fields) {
    field.seen = -1;
    if (field.child !== null) forgetStamps(field.child);
  }
}

/** `from` is behind the brace. Predicts each member from the record before; looks it up by name where that fails. */
function scanObject(scan: Scan, plan: ObjectPlan, from: number, depth: number): number {
  let at = from;
  let place = plan.start;
  let missing = plan.required;
  for (;;) {
    const step = place.step;
    let field: FieldPlan;
    if (step !== null && follows(scan, at, step)) {
      field = step.field;
      at += step.length;
    } else {
      at = nextMember(scan, plan, place, at);
      if (at < 0) return FAIL;
      if (scan.field === null) return missing === 0 ? at : FAIL;
      field = scan.field;
    }
    if (field.seen === scan.stamp) return FAIL;
    field.seen = scan.stamp;
    missing -= field.required;
    at = field.exact === null ? scanValue(scan, field, at, depth) : scanExactly(scan, field, at, depth);
    if (at < 0) return FAIL;
    place = field.place;
  }
}

function scanValue(scan: Scan, field: FieldPlan, at: number, depth: number): number {
  if (at >= scan.end) return FAIL;
  const c = scan.bytes[at]!; // at < end
  if (c === 34) return field.interned === null ? scanText(scan, field, at + 1) : scanInterned(scan, field, at + 1);
  if (c <= 57 && (c >= 48 || c === 45)) return scanNumberOf(scan, field, at);
  if (c === 123) return scanMembers(scan, field, at, depth);
  if (c === 91) return scanItems(scan, field, at, depth);
  if (c <= 32) {
    const next = skipSpace(scan.bytes, at, scan.end);
    return next === at ? FAIL : scanValue(scan, field, next, depth);
  }
  return scanLiteral(scan, field, at);
}

/** A value with rules that only the exact validator knows. */
function scanExactly(scan: Scan, field: FieldPlan, at: number, depth: number): number {
  const end = scanValue(scan, field, at, depth);
  if (end < 0 || field.exact === null) return end;
  return field.exact(parseJson(scan.bytes.subarray(at, end))) ? end : FAIL;
}

function scanNumberOf(scan: Scan, field: FieldPlan, at: number): number {
  const end = scanNumber(scan.bytes, at, scan.end);
  if (end < 0) return FAIL;
  const value = NUMBER[0]!; // it has one
  if ((field.types & FRACTION) === 0 && ((field.types & WHOLE) === 0 || Math.floor(value) !== value)) return FAIL;
  if (value - value !== 0) return FAIL; // too large for a double
  if (field.numberRules !== null && !passesNumber(field.numberRules, value)) return FAIL;
  const { asNumber, asTime, timeUnit } = field;
  if (asNumber !== null) {
    asNumber.values[scan.row] = value;
    asNumber.presence[scan.row] = PRESENT;
  }
  if (asTime !== null) {
    const ms = timeUnit === null ? NaN : numericTime(value, timeUnit);
    if (ms !== ms) return FAIL;
    asTime.values[scan.row] = ms;
    asTime.presence[scan.row] = PRESENT;
  }
  if (field.notNumber.length > 0) mark(field.notNumber, scan.row, OTHER);
  return end;
}

/** `from` is behind the quote, as in the next function. */
function scanText(scan: Scan, field: FieldPlan, from: number): number {
  if ((field.types & TEXT) === 0) return FAIL;
  const { bytes, end, row } = scan;
  const { byteCheck, asSlices, asTime, targets } = field;
  if (byteCheck === null && targets.length === 0) {
    const quote = textEnd(bytes, from, end);
    return quote < 0 ? FAIL : quote + 1;
  }
  const quote = plainTextEnd(bytes, from, end);
  if (quote < 0 || (byteCheck !== null && !passesBytes(byteCheck, bytes, from, quote))) return FAIL;
  if (asSlices !== null) {
    asSlices.at[row] = from;
    asSlices.lengths[row] = quote - from;
    asSlices.presence[row] = PRESENT;
  }
  if (asTime !== null && !putTime(asTime, row, bytes, from, quote)) return FAIL;
  if (field.notText.length > 0) mark(field.notText, row, OTHER);
  return quote + 1;
}

function scanInterned(scan: Scan, field: FieldPlan, from: number): number {
  const { bytes, end, row } = scan;
  const { interned, asText, asSlices, asTime } = field;
  if ((field.types & TEXT) === 0 || interned === null) return FAIL;
  let hash = HASH_START;
  let at = from;
  for (; ; at++) {
    if (at >= end) return FAIL;
    const c = bytes[at]!; // at < end
    if (c === 34) break;
    if (c < 32 || c === 92) return FAIL;
    if (c > 127) {
      const next = characterEnd(bytes, at, end);
      if (next < 0) return FAIL;
      for (; at < next - 1; at++) hash = Math.imul(hash ^ bytes[at]!, HASH_PRIME); // next <= end, as in the next line
      hash = Math.imul(hash ^ bytes[at]!, HASH_PRIME);
    } else hash = Math.imul(hash ^ c, HASH_PRIME);
  }
  const entry = entryOf(interned, bytes, from, at - from, hash);
  if (interned.passes[entry] === 0) return FAIL;
  if (asText !== null) {
    asText.at[row] = codeOf(interned, entry);
    asText.presence[row] = PRESENT;
  }
  if (asSlices !== null) {
    asSlices.at[row] = from;
    asSlices.lengths[row] = at - from;
    asSlices.presence[row] = PRESENT;
  }
  if (asTime !== null && !putTime(asTime, row, bytes, from, at)) return FAIL;
  if (field.notText.length > 0) mark(field.notText, row, OTHER);
  return at + 1;
}

function mark(targets: readonly Target[], row: number, presence: number): void {
  for (let i = 0; i < targets.length; i++) targets[i]!.presence[row] = presence; // i < length
}

function putTime(target: Target, row: number, bytes: Uint8Array, from: number, to: number): boolean {
  const ms = parseTime(bytes, from, to - from);
  if (ms !== ms) return false;
  target.values[row] = ms;
  target.presence[row] = PRESENT;
  return true;
}

function scanLiteral(scan: Scan, field: FieldPlan, at: number): number {
  const { bytes, row } = scan;
  const end = literalEnd(bytes, at, scan.end);
  if (end < 0) return FAIL;
  const c = bytes[at];
  if (c === 110) {
    if ((field.types & NOTHING) === 0) return FAIL;
    mark(field.targets, row, NULL);
    return end;
  }
  if ((field.types & (c === 116 ? TRUE : FALSE)) === 0 || field.asTime !== null) return FAIL;
  const { asBoolean } = field;
  if (asBoolean !== null) {
    asBoolean.flags[row] = c === 116 ? 1 : 0;
    asBoolean.presence[row] = PRESENT;
  }
  mark(field.notBoolean, row, OTHER);
  return end;
}

function scanMembers(scan: Scan, field: FieldPlan, at: number, depth: number): number {
  if ((field.types & OBJECT) === 0 || field.asTime !== null) return FAIL;
  mark(field.targets, scan.row, OTHER);
  if (field.child === null) return skipValue(scan.bytes, at, scan.end, scan.maxDepth - depth);
  return depth < scan.maxDepth ? scanObject(scan, field.child, at + 1, depth + 1) : FAIL;
}

function scanItems(scan: Scan, field: FieldPlan, at: number, depth: number): number {
  if ((field.types & ARRAY) === 0 || field.asTime !== null || field.child?.wanted === true) return FAIL;
  if (field.list !== null || field.asVector !== null) return depth < scan.maxDepth ? scanNumbers(scan, field, at + 1) : FAIL;
  mark(field.targets, scan.row, OTHER);
  return skipValue(scan.bytes, at, scan.end, scan.maxDepth - depth);
}
