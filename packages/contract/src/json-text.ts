import { FAIL, literalEnd, skipNumber, skipSpace, skipValue, textEnd } from "./json-bytes.ts";

/** Why a text cannot be a record, and where: bytes from the start of the buffer. */
export interface JsonFault {
  /** `syntax`: whatever follows cannot be read either. The others are faults of this value only. */
  readonly kind: "syntax" | "depth" | "duplicate";
  readonly at: number;
  readonly message: string;
}

/** A value as a range of bytes, `to` behind it. */
export interface JsonRange {
  readonly from: number;
  readonly to: number;
}

export interface JsonItem extends JsonRange {
  readonly fault: JsonFault | null;
}

/** Deeper than this nothing is walked over: what is refused anyway must not cost memory. */
const BOTTOM = 20_000;

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_ARRAY = 91;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

const decoder = new TextDecoder();

interface Walk {
  readonly bytes: Uint8Array;
  readonly end: number;
  readonly maxDepth: number;
  /** Names met so far of every open object, null for an open array. */
  readonly open: (Set<string> | null)[];
  fault: JsonFault | null;
}

/**
 * Walks over one value without building anything, and without recursion. A fault of the value itself (nesting, a name twice in
 * one object) lets the walk go on to its end; after a fault of the grammar `to` is where it was met.
 */
export function walkJson(bytes: Uint8Array, from: number, end: number, maxDepth: number): JsonItem {
  const walk: Walk = { bytes, end, maxDepth, open: [], fault: null };
  let at = from;
  for (;;) {
    const next = beginValue(walk, at);
    if (next < 0) return { from, to: at, fault: walk.fault };
    at = endValues(walk, next);
    if (at < 0) return { from, to: next, fault: walk.fault };
    if (walk.open.length === 0) return { from, to: at, fault: walk.fault };
  }
}

/** The items of an array as ranges, its brackets at `from` and before the end; `fault` is of the grammar of the whole. */
export function itemsOfArray(
  bytes: Uint8Array,
  from: number,
  end: number,
  bounds: { readonly maxDepth: number; readonly maxItems: number },
): { readonly items: readonly JsonItem[]; readonly fault: JsonFault | null; readonly more: boolean } {
  const items: JsonItem[] = [];
  const broken = (at: number, message = expected(bytes, at, end, "`,` or `]`")) => ({ items, fault: syntax(at, message), more: false });
  let at = skipSpace(bytes, from + 1, end);
  if (bytes[at] === CLOSE_ARRAY && at < end) return closed(bytes, at + 1, end, items);
  for (;;) {
    if (items.length === bounds.maxItems) return { items, fault: null, more: true };
    const item = walkJson(bytes, at, end, bounds.maxDepth);
    if (item.fault?.kind === "syntax") return { items, fault: item.fault, more: false };
    items.push(item);
    at = skipSpace(bytes, item.to, end);
    if (at >= end) return broken(at, "the array has no end");
    if (bytes[at] === CLOSE_ARRAY) return closed(bytes, at + 1, end, items);
    if (bytes[at] !== COMMA) return broken(at);
    at = skipSpace(bytes, at + 1, end);
  }
}

/** The value that a path of member names leads to in a text that was walked over; null where there is none. */
export function valueInJson(bytes: Uint8Array, { from, to }: JsonRange, path: readonly string[]): JsonRange | null {
  let at = skipSpace(bytes, from, to);
  for (const name of path) {
    if (bytes[at] !== OPEN_OBJECT) return null;
    at = memberValue(bytes, at, to, name);
    if (at < 0) return null;
  }
  const end = skipValue(bytes, at, to, Infinity);
  return end < 0 ? null : { from: at, to: end };
}

/** A value as text: of a string what it says, of anything else its bytes. */
export function textOfJson(bytes: Uint8Array, { from, to }: JsonRange): string {
  const text = decoder.decode(bytes.subarray(from, to));
  if (bytes[from] !== QUOTE) return text;
  if (!text.includes("\\")) return text.slice(1, -1);
  const said: unknown = JSON.parse(text);
  return typeof said === "string" ? said : text;
}

/** Names of the members of an object that was walked over, with where their values lie. */
export function membersOfJson(bytes: Uint8Array, { from, to }: JsonRange): ReadonlyMap<string, JsonRange> {
  const members = new Map<string, JsonRange>();
  let at = skipSpace(bytes, skipSpace(bytes, from, to) + 1, to);
  while (at < to && bytes[at] === QUOTE) {
    const quote = textEnd(bytes, at + 1, to);
    const value = skipSpace(bytes, skipSpace(bytes, quote + 1, to) + 1, to);
    const end = skipValue(bytes, value, to, Infinity);
    members.set(textOfJson(bytes, { from: at, to: quote + 1 }), { from: value, to: end });
    at = skipSpace(bytes, end, to);
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1, to);
  }
  return members;
}

/** From the open brace; the position of the value of the last member of that name, or FAIL. */
function memberValue(bytes: Uint8Array, from: number, to: number, name: string): number {
  const found = membersOfJson(bytes, { from, to }).get(name);
  return found === undefined ? FAIL : found.from;
}

/** Opens containers until a value begins that is none; gives the position behind that value. */
function beginValue(walk: Walk, from: number): number {
  const { bytes, end, open } = walk;
  for (let at = skipSpace(bytes, from, end); ;) {
    if (at >= end) return fail(walk, at, "the text ends where a value should be");
    const c = bytes[at]!; // at < end, as below
    if (c !== OPEN_OBJECT && c !== OPEN_ARRAY) return scalarEnd(walk, at);
    open.push(c === OPEN_OBJECT ? new Set() : null);
    if (open.length > walk.maxDepth) walk.fault ??= { kind: "depth", at, message: `nested deeper than ${walk.maxDepth}` };
    if (open.length > BOTTOM) return fail(walk, at, `nested deeper than ${BOTTOM}`);
    at = skipSpace(bytes, at + 1, end);
    if (at < end && bytes[at] === (c === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY)) {
      open.pop();
      return at + 1;
    }
    if (c === OPEN_OBJECT) at = readName(walk, at);
    if (at < 0) return FAIL;
  }
}

function scalarEnd(walk: Walk, at: number): number {
  const { bytes, end } = walk;
  const c = bytes[at]!; // the caller has looked at it
  if (c === QUOTE) {
    const quote = textEnd(bytes, at + 1, end);
    return quote < 0 ? fail(walk, at, "a string has no end, a control character, a wrong escape, or is not UTF-8") : quote + 1;
  }
  const next = c === 45 || (c >= 48 && c <= 57) ? skipNumber(bytes, at, end) : literalEnd(bytes, at, end);
  return next < 0 ? fail(walk, at, expected(bytes, at, end, "a value")) : next;
}

/** Closes containers behind a value until another value has to follow; gives its position, or that behind everything. */
function endValues(walk: Walk, from: number): number {
  const { bytes, end, open } = walk;
  let at = from;
  while (open.length > 0) {
    const names = open.at(-1)!; // not empty
    const close = names === null ? CLOSE_ARRAY : CLOSE_OBJECT;
    at = skipSpace(bytes, at, end);
    if (at < end && bytes[at] === COMMA) {
      at = skipSpace(bytes, at + 1, end);
      return names === null ? at : readName(walk, at);
    }
    if (at >= end || bytes[at] !== close) return fail(walk, at, expected(bytes, at, end, names === null ? "`,` or `]`" : "`,` or `}`"));
    open.pop();
    at++;
  }
  return at;
}

/** A member's name with its colon; gives the position of the value. */
function readName(walk: Walk, from: number): number {
  const { bytes, end, open } = walk;
  if (from >= end || bytes[from] !== QUOTE) return fail(walk, from, expected(bytes, from, end, "a name in quotes"));
  const quote = textEnd(bytes, from + 1, end);
  if (quote < 0) return fail(walk, from, "a name has no end, a control character, a wrong escape, or is not UTF-8");
  const colon = skipSpace(bytes, quote + 1, end);
  if (colon >= end || bytes[colon] !== COLON) return fail(walk, colon, expected(bytes, colon, end, "`:`"));
  if (open.length <= walk.maxDepth) noteName(walk, textOfJson(bytes, { from, to: quote + 1 }), from);
  return skipSpace(bytes, colon + 1, end);
}

function noteName(walk: Walk, name: string, at: number): void {
  const names = walk.open.at(-1);
  if (names?.has(name))
    walk.fault ??= { kind: "duplicate", at, message: `the name ${JSON.stringify(name.slice(0, 60))} stands twice in one object` };
  names?.add(name);
}

function fail(walk: Walk, at: number, message: string): number {
  walk.fault = syntax(at, message);
  return FAIL;
}

function syntax(at: number, message: string): JsonFault {
  return { kind: "syntax", at, message };
}

function closed(bytes: Uint8Array, at: number, end: number, items: readonly JsonItem[]): ReturnType<typeof itemsOfArray> {
  const rest = skipSpace(bytes, at, end);
  return { items, fault: rest === end ? null : syntax(rest, "something follows the array"), more: false };
}

function expected(bytes: Uint8Array, at: number, end: number, what: string): string {
  if (at >= end) return `the text ends where ${what} should be`;
  const c = bytes[at]!; // at < end
  const shown = c > 32 && c < 127 ? `\`${String.fromCharCode(c)}\`` : `the byte 0x${c.toString(16).padStart(2, "0")}`;
  return `${shown} stands where ${what} should be`;
}
