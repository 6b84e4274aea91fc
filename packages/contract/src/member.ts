import { HASH_PRIME, HASH_START } from "./interned.ts";
import { FAIL, plainTextEnd, skipSpace } from "./json-bytes.ts";
import { indexFields, otherField, slotOf, unknownName, type FieldPlan, type ObjectPlan, type Place, type Step } from "./plan.ts";
import type { Scan } from "./scan.ts";

const MIN_STEP_BYTES = 4;
const MAX_STEP_BYTES = 128;
const MAX_KNOWN = 8;
const MAX_NAME_BYTES = 100;
const MAX_FIELDS = 500;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** For members past the bounds; its stamp is taken back at once, so that it may come again in the same record. */
const STRANGER = otherField(new Uint8Array(0), false, null);

/** Are the next bytes those that were learned? Equal bytes in the same place of the grammar mean the same. */
export function follows(scan: Scan, at: number, step: Step): boolean {
  const { length, words } = step;
  const { view } = scan;
  if (at + length > scan.end) return false;
  if (length < 8) {
    return view.getInt32(at, true) === step.first && view.getInt32(at + length - 4, true) === step.last;
  }
  const ending = words.length - 1;
  for (let i = 0; i < ending; i++) if (view.getFloat64(at + 8 * i, true) !== words[i]) return false;
  return view.getFloat64(at + length - 8, true) === words[ending];
}

/**
 * Reads the next member's name by the grammar and learns what led to it. Leaves the field in `scan.field`, null where the
 * object ends, and gives the position of the value or behind the brace.
 */
export function nextMember(scan: Scan, plan: ObjectPlan, place: Place, from: number): number {
  const { bytes, end } = scan;
  if (recalled(scan, place, from)) return from + place.step!.length; // it has one, just recalled
  let at = skipSpace(bytes, from, end);
  if (at >= end) return FAIL;
  scan.field = null;
  if (bytes[at] === 125) return at + 1;
  if (place !== plan.start) {
    if (bytes[at] !== 44) return FAIL;
    at = skipSpace(bytes, at + 1, end);
  }
  if (at >= end || bytes[at] !== 34) return FAIL;
  const quote = plainTextEnd(bytes, at + 1, end);
  if (quote < 0) return FAIL;
  const field = fieldNamed(plan, bytes, at + 1, quote);
  if (field === null) return FAIL;
  at = skipSpace(bytes, quote + 1, end);
  if (at >= end || bytes[at] !== 58) return FAIL;
  at = skipSpace(bytes, at + 1, end);
  scan.field = field;
  if (field === STRANGER) field.seen = -1;
  else if (place.learns && at - from >= MIN_STEP_BYTES && at - from <= MAX_STEP_BYTES) learn(place, field, bytes, from, at);
  return at;
}

/** Another step that was learned here before. */
function recalled(scan: Scan, place: Place, from: number): boolean {
  for (let i = 0; i < place.known.length; i++) {
    const step = place.known[i]!; // i < length
    if (!follows(scan, from, step)) continue;
    place.step = step;
    scan.field = step.field;
    return true;
  }
  return false;
}

/** Null where the object is closed to the name, and where only the exact way can tell of it. */
function fieldNamed(plan: ObjectPlan, bytes: Uint8Array, from: number, to: number): FieldPlan | null {
  let hash = HASH_START;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, HASH_PRIME); // below the quote
  const size = plan.slots.length;
  let slot = slotOf(hash, size);
  for (let field = plan.slots[slot]; field; field = plan.slots[slot]) {
    if (field.hash === hash && isNamed(field, bytes, from, to)) return field;
    slot = (slot + 1) & (size - 1);
  }
  if (!plan.open) return null;
  const { unknown } = plan;
  if (to - from > MAX_NAME_BYTES || plan.fields.length >= MAX_FIELDS) return unknown === null ? STRANGER : null;
  const name = bytes.slice(from, to);
  const field = otherField(name, true, unknown === null ? null : unknownName(unknown, decoder.decode(name)));
  plan.fields.push(field);
  indexFields(plan);
  return field;
}

function isNamed(field: FieldPlan, bytes: Uint8Array, from: number, to: number): boolean {
  const { name } = field;
  if (name.length !== to - from) return false;
  for (let i = 0; i < name.length; i++) if (name[i] !== bytes[from + i]) return false;
  return true;
}

function learn(place: Place, field: FieldPlan, bytes: Uint8Array, from: number, to: number): void {
  const length = to - from;
  const view = new DataView(bytes.buffer, bytes.byteOffset + from, length);
  const whole = Math.max(Math.ceil(length / 8) - 1, 0);
  const words = Float64Array.from({ length: length < 8 ? 0 : whole + 1 }, (_, i) => view.getFloat64(i < whole ? 8 * i : length - 8, true));
  if (words.some((word) => Number.isNaN(word) || word === 0)) return;
  place.step = { field, length, words, first: view.getInt32(0, true), last: view.getInt32(length - 4, true) };
  if (place.known.length === MAX_KNOWN) place.known.shift();
  place.known.push(place.step);
}
