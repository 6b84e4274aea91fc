import { skipValue } from "../json-bytes.ts";
import { follows } from "../member.ts";
import type { FieldPlan, ObjectPlan } from "../plan.ts";
import type { Scan } from "../scan.ts";
import { ARRAY, FALSE, FRACTION, NOTHING, TEXT, TRUE, WHOLE } from "../simple-schema.ts";
import { beyondBounds } from "./columns.ts";
import { KIND } from "./step.ts";

/** One member of a shape: the bytes that lead to its value, and what the value is. */
export interface ShapeStep {
  readonly key: Uint8Array;
  readonly field: FieldPlan;
  readonly kind: (typeof KIND)[keyof typeof KIND];
}

/** Objects with exactly these members in this order, laid out alike. */
export type Shape = readonly ShapeStep[];

const OPEN = 123;
const OPEN_LIST = 91;
const CLOSE = 125;
const QUOTE = 34;
const MOST_STEPS = 1024;
const MOST_KEY_BYTES = 128;

/**
 * The shape of a record that the scanner has just found valid; null where it has members that the kernel does not read:
 * objects, arrays of other things than numbers, what only the exact validator can judge, values whose column was asked for as another type.
 */
export function learnShape(scan: Scan, plan: ObjectPlan, row: number): Shape | null {
  const { bytes, at: ats, length: lengths } = scan.values;
  const steps: ShapeStep[] = [];
  let at = ats[row]!; // row < count, as the next line
  const end = at + lengths[row]!;
  scan.end = end;
  if (bytes[at++] !== OPEN) return null;
  for (let place = plan.start; ;) {
    if (bytes[at] === CLOSE) return at + 1 === end && steps.length > 0 ? steps : null;
    const step = place.step;
    if (step === null || !follows(scan, at, step) || step.length > MOST_KEY_BYTES || steps.length === MOST_STEPS) return null;
    const key = bytes.slice(at, at + step.length);
    at += step.length;
    const kind = kindOf(step.field, bytes[at]!); // a value follows: the record is valid
    if (kind === null || (kind === KIND.list && scan.maxDepth < 2)) return null;
    steps.push({ key, field: step.field, kind });
    at = skipValue(bytes, at, end, 1);
    if (at < 0) return null;
    place = step.field.place;
  }
}

/** By the first byte; where that is a null, by what else the field may be. */
function kindOf(field: FieldPlan, first: number): ShapeStep["kind"] | null {
  const { exact, child, types, asTime } = field;
  if (exact !== null || child !== null) return null;
  const isNull = first === 110;
  const fits = (mask: number, conflicts: readonly unknown[]): boolean => (types & mask) !== 0 && conflicts.length === 0;
  if (first === QUOTE || (isNull && fits(TEXT, field.notText))) return fits(TEXT, field.notText) ? KIND.text : null;
  if (first === 45 || (first >= 48 && first <= 57) || (isNull && fits(FRACTION | WHOLE, field.notNumber)))
    return fits(FRACTION | WHOLE, field.notNumber) && (asTime === null || field.timeUnit !== null) ? KIND.number : null;
  if (first === OPEN_LIST || (isNull && takesList(field) && fits(ARRAY, field.notVector)))
    return takesList(field) && fits(ARRAY, field.notVector) ? KIND.list : null;
  const both = TRUE | FALSE;
  if (first === 116 || first === 102 || isNull)
    return (types & both) === both && field.notBoolean.length === 0 && asTime === null ? KIND.flag : null;
  return null;
}

/** Arrays of numbers whose rules the kernel knows, those that are wanted with as many numbers as they may have. */
function takesList({ list, asVector }: FieldPlan): boolean {
  if (list === null) return asVector !== null;
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
