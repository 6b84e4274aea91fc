import { HASH_PRIME, HASH_START } from "./interned.ts";
import { FAIL, plainTextEnd, skipSpace } from "./json-bytes.ts";
import { indexFields, otherField, slotOf, type FieldPlan, type ObjectPlan, type Place, type Step } from "./plan.ts";
import type { Scan } from "./scan.ts";

const MAX_STEP_BYTES = 128;
const MAX_KNOWN = 8;
const MAX_NAME_BYTES = 100;
const MAX_FIELDS = 500;

/** For members past the bounds; its stamp is taken back at once, so that it may come again in the same record. */
const STRANGER = otherField(new Uint8Array(0), false);

/** Are the next bytes those that were learned? Equal bytes in the same place of the grammar mean the same. */
export function follows(scan: Scan, at: number, step: Step): boolean {
  const { view } = scan;
  const { words } = step;
  const last = words.length - 1;
  if (at + step.length > scan.end || at + 4 * last + 4 > view.byteLength) return false;
  for (let i = 0; i < last; i++) if (view.getInt32(at + 4 * i, true) !== words[i]) return false;
  return ((view.getInt32(at + 4 * last, true) ^ words[last]!) & step.mask) === 0; // there is at least one word
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
  else if (place.learns && at - from <= MAX_STEP_BYTES) learn(place, field, bytes, from, at);
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

/** Null where the object is closed to the name. */
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
  if (to - from > MAX_NAME_BYTES || plan.fields.length >= MAX_FIELDS) return STRANGER;
  const field = otherField(bytes.slice(from, to), true);
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
  const padded = new Uint8Array(Math.ceil(length / 4) * 4);
  padded.set(bytes.subarray(from, to));
  const view = new DataView(padded.buffer);
  const words = Int32Array.from({ length: padded.length / 4 }, (_, i) => view.getInt32(4 * i, true));
  const spare = padded.length - length;
  place.step = { field, length, words, mask: spare === 0 ? -1 : (1 << (8 * (4 - spare))) - 1 };
  if (place.known.length === MAX_KNOWN) place.known.shift();
  place.known.push(place.step);
}
