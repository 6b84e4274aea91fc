import { FAIL, skipName, skipSpace, skipValue } from "../json-bytes.ts";
import { follows } from "../member.ts";
import { otherField, type FieldPlan, type ObjectPlan } from "../plan.ts";
import type { Scan } from "../scan.ts";
import { ARRAY, FALSE, FRACTION, NOTHING, TEXT, TRUE, WHOLE } from "../simple-schema.ts";
import { namesOf } from "../unknown-names.ts";
import { beyondBounds } from "./columns.ts";
import { KIND } from "./step.ts";

/** One value of a shape: the bytes that lead to it from the one before, and what it is. */
export interface ShapeStep {
  readonly key: Uint8Array;
  readonly field: FieldPlan;
  readonly kind: (typeof KIND)[keyof typeof KIND];
}

/** Records with exactly these members in this order, laid out alike. Objects in them are part of the bytes between the values. */
export interface Shape {
  readonly steps: readonly ShapeStep[];
  /** From the end of the last value to the end of the record. */
  readonly tail: Uint8Array;
  /** Names of the record's members that the contract does not know, where somebody asks for such. */
  readonly unknown: readonly string[];
}

const OPEN = 123;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const CLOSE = 125;
const COMMA = 44;
const QUOTE = 34;
const MOST_STEPS = 1024;
const MOST_KEY_BYTES = 128;

/** A value of which the contract says nothing and that nobody asks for. */
const ANY_VALUE = otherField(new Uint8Array(0), false, null);

/** What is learned, as far as the record was walked over. */
interface Walk {
  readonly scan: Scan;
  readonly steps: ShapeStep[];
  readonly unknown: FieldPlan[];
  /** Behind the last value. */
  from: number;
}

/**
 * The shape of a record that the scanner has just found valid; null where it has members that the kernel does not read:
 * arrays of other things than numbers, what only the exact validator can judge, values whose column was asked for as another type.
 */
export function learnShape(scan: Scan, plan: ObjectPlan, row: number): Shape | null {
  const { bytes, at: ats, length: lengths } = scan.values;
  const start = ats[row]!; // row < count, as the next line
  const end = start + lengths[row]!;
  scan.end = end;
  if (bytes[start] !== OPEN) return null;
  const walk: Walk = { scan, steps: [], unknown: [], from: start + 1 };
  const at = learnObject(walk, plan, start + 1, 1);
  if (at < 0 || skipSpace(bytes, at, end) !== end || walk.steps.length === 0 || end - walk.from > MOST_KEY_BYTES) return null;
  return { steps: walk.steps, tail: bytes.slice(walk.from, end), unknown: namesOf(walk.unknown) };
}

/** `from` is behind the brace, as in `learnMembers`; each of the three gives the position behind what it learned, or FAIL. */
function learnObject(walk: Walk, plan: ObjectPlan, from: number, depth: number): number {
  const { scan } = walk;
  let at = from;
  for (let place = plan.start; ;) {
    const close = skipSpace(scan.bytes, at, scan.end);
    if (scan.bytes[close] === CLOSE) return close + 1;
    const step = place.step;
    if (step === null || !follows(scan, at, step)) return FAIL;
    if (depth === 1) walk.unknown.push(step.field);
    at = learnValue(walk, step.field, at + step.length, depth);
    if (at < 0) return FAIL;
    place = step.field.place;
  }
}

function learnValue(walk: Walk, field: FieldPlan, at: number, depth: number): number {
  const { bytes, end, maxDepth } = walk.scan;
  const first = bytes[at]!; // a value follows: the record is valid
  if (first === OPEN) {
    if (field.exact !== null || field.targets.length > 0) return FAIL;
    return field.child === null ? learnMembers(walk, at + 1, depth + 1) : learnObject(walk, field.child, at + 1, depth + 1);
  }
  const kind = kindOf(field, first);
  if (kind === null || (kind === KIND.list && (maxDepth <= depth || !mayBeNumbers(bytes, at, end)))) return FAIL;
  if (at - walk.from > MOST_KEY_BYTES || walk.steps.length === MOST_STEPS) return FAIL;
  walk.steps.push({ key: bytes.slice(walk.from, at), field, kind });
  walk.from = skipValue(bytes, at, end, 1);
  return walk.from;
}

/** An object of which the contract says nothing and nobody asks for anything. */
function learnMembers(walk: Walk, from: number, depth: number): number {
  const { bytes, end } = walk.scan;
  let at = from;
  for (;;) {
    at = skipSpace(bytes, at, end);
    if (bytes[at] === CLOSE) return at + 1;
    at = skipName(bytes, bytes[at] === COMMA ? skipSpace(bytes, at + 1, end) : at, end);
    if (at < 0) return FAIL;
    at = learnValue(walk, ANY_VALUE, at, depth);
    if (at < 0) return FAIL;
  }
}

/** By the first byte; where that is a null, by what else the field may be. */
function kindOf(field: FieldPlan, first: number): ShapeStep["kind"] | null {
  const { exact, child, types, asTime } = field;
  if (exact !== null || child !== null) return null;
  const isNull = first === 110;
  const fits = (mask: number, conflicts: readonly unknown[]): boolean => (types & mask) !== 0 && conflicts.length === 0;
  if (first === QUOTE || (isNull && fits(TEXT, field.notText))) return fits(TEXT, field.notText) ? KIND.text : null;
  if (isNumber(first) || (isNull && fits(FRACTION | WHOLE, field.notNumber)))
    return fits(FRACTION | WHOLE, field.notNumber) && (asTime === null || field.timeUnit !== null) ? KIND.number : null;
  if (first === OPEN_LIST || (isNull && takesList(field) && fits(ARRAY, field.notVector)))
    return takesList(field) && fits(ARRAY, field.notVector) ? KIND.list : null;
  const both = TRUE | FALSE;
  if (first === 116 || first === 102 || isNull)
    return (types & both) === both && field.notBoolean.length === 0 && asTime === null ? KIND.flag : null;
  return null;
}

/** Null, an empty array, or one that begins with a number. */
function mayBeNumbers(bytes: Uint8Array, at: number, end: number): boolean {
  if (bytes[at] !== OPEN_LIST) return true;
  const first = bytes[skipSpace(bytes, at + 1, end)]!; // the array is valid
  return first === CLOSE_LIST || isNumber(first);
}

function isNumber(first: number): boolean {
  return first === 45 || (first >= 48 && first <= 57);
}

/** Arrays without rules, or of numbers whose rules the kernel knows; those that are wanted with as many numbers as they may have. */
function takesList({ list, asVector }: FieldPlan): boolean {
  if (list === null) return true;
  const fits = asVector === null || (asVector.width >= list.minItems && asVector.width <= list.maxItems);
  return fits && !beyondBounds(list.number);
}

export function takesNull({ field }: ShapeStep): boolean {
  return (field.types & NOTHING) !== 0;
}

export function takesFractions({ field, kind }: ShapeStep): boolean {
  const types = kind === KIND.list ? (field.list?.types ?? FRACTION) : field.types;
  return (types & FRACTION) !== 0;
}
