import { byteCheck, textCheck, type ByteCheck } from "./checks.ts";
import { createInterned, hashOf, type Interned } from "./interned.ts";
import type { Schema } from "./schema.ts";
import { ANYTHING, OBJECT, simplify, type ListRules, type NumberRules, type SimpleSchema, type TextRules } from "./simple-schema.ts";
import type { Target } from "./target.ts";
import type { Validator } from "./validator.ts";

/** What the scanner does with one member of an object. */
export interface FieldPlan {
  readonly name: Uint8Array;
  readonly hash: number;
  /** 1 where a record without it breaks the contract. */
  readonly required: 0 | 1;
  readonly types: number;
  readonly numberRules: NumberRules | null;
  readonly list: ListRules | null;
  readonly byteCheck: ByteCheck | null;
  /** Instead of `byteCheck` where texts come back: requested as strings, or one of few allowed. */
  readonly interned: Interned | null;
  /** What no other check can say; on the parsed value. */
  readonly exact: ((value: unknown) => boolean) | null;
  readonly child: ObjectPlan | null;
  readonly asNumber: Target | null;
  readonly asTime: Target | null;
  /** Of numeric times; null: a number is no time. */
  readonly timeUnit: "s" | "ms" | null;
  readonly asText: Target | null;
  readonly asSlices: Target | null;
  readonly asBoolean: Target | null;
  readonly asVector: Target | null;
  /** All of the above, and those that are OTHER when the value is a number, a text, a boolean, an array. */
  readonly targets: readonly Target[];
  readonly notNumber: readonly Target[];
  readonly notText: readonly Target[];
  readonly notBoolean: readonly Target[];
  readonly notVector: readonly Target[];
  readonly place: Place;
  /** Its name, where the contract does not know it and somebody asks for such names. */
  readonly unknown: string | null;
  /** Stamp of the record in which it was met last. */
  seen: number;
}

export interface ObjectPlan {
  readonly open: boolean;
  readonly required: number;
  /** Is anything asked for below it? */
  readonly wanted: boolean;
  /** Takes the names of members that the contract does not know; of the record itself alone. */
  readonly unknown: Target | null;
  readonly start: Place;
  readonly fields: FieldPlan[];
  /** Hash -> field, open addressing; the length is a power of two. */
  slots: (FieldPlan | null)[];
}

/** A point between two members: what followed here in the record before. */
export interface Place {
  step: Step | null;
  /** Earlier ones, for records whose members vary. */
  readonly known: Step[];
  readonly learns: boolean;
}

/**
 * The bytes from the end of one value to the beginning of the next: comma, name, colon and the space between. Compared
 * eight at a time as doubles, the last eight overlapping: no part of UTF-8 JSON is NaN or zero, so that equal doubles are
 * equal bytes. Less than eight are compared as two integers.
 */
export interface Step {
  readonly field: FieldPlan;
  readonly length: number;
  readonly words: Float64Array;
  readonly first: number;
  readonly last: number;
}

interface Context {
  readonly root: Schema;
  readonly validator: Validator | null;
  /** Takes the names that the contract does not know. */
  readonly unknown: Target | null;
}

/** Null where the schema's outermost part is not simple: then every record is read exactly. */
export function buildPlan(schema: Schema, targets: readonly Target[], validator: Validator | null): ObjectPlan | null {
  const simple = simplify(schema, schema);
  if (simple === null || (simple.types & OBJECT) === 0 || targets.some(isOfWhole)) return null;
  const unknown = targets.find((target) => target.unknown !== null) ?? null;
  return objectPlan(simple, { targets, depth: 0 }, { root: schema, validator, unknown });
}

/** Only the exact way reads a record as one value. */
function isOfWhole({ path, unknown }: Target): boolean {
  return path.length === 0 && unknown === null;
}

interface Where {
  /** Targets at or below. */
  readonly targets: readonly Target[];
  readonly depth: number;
}

function objectPlan(simple: SimpleSchema, where: Where, context: Context): ObjectPlan {
  const members = new Map(simple.members);
  const required = new Set(simple.required);
  const below = where.targets.filter((target) => target.path.length > where.depth);
  const names = new Set([...members.keys(), ...required, ...below.map((target) => target.path[where.depth]!)]); // depth < length
  const fields = [...names]
    .filter((name) => simple.open || members.has(name))
    .map((name) => {
      const named = below.filter((target) => target.path[where.depth] === name);
      return fieldPlan(name, members.get(name) ?? true, required.has(name), { targets: named, depth: where.depth + 1 }, context);
    });
  const plan: ObjectPlan = {
    open: simple.open,
    required: required.size,
    wanted: below.length > 0,
    unknown: where.depth === 0 ? context.unknown : null,
    start: { step: null, known: [], learns: true },
    fields,
    slots: [],
  };
  indexFields(plan);
  return plan;
}

function fieldPlan(name: string, schema: Schema, required: boolean, where: Where, context: Context): FieldPlan {
  const simple = simplify(schema, context.root);
  const { validator } = context;
  const nested = (simple?.members.length ?? 0) + (simple?.required.length ?? 0) > 0 || simple?.open === false;
  const deeper = where.targets.some((target) => target.path.length > where.depth);
  const shape = simple ?? OPEN;
  const targets = where.targets.filter((target) => target.path.length === where.depth);
  const rules = simple?.text ?? null;
  return createField({
    name: encoder.encode(name),
    required: required ? 1 : 0,
    types: shape.types,
    numberRules: simple?.number ?? null,
    list: simple?.list ?? null,
    ...textPlan(rules, targets, validator),
    exact: simple === null && validator !== null ? validator.part(schema) : null,
    child: nested || deeper ? objectPlan(shape, where, context) : null,
    targets,
    learns: true,
    unknown: where.depth === 1 ? unknownName(context.unknown, name) : null,
  });
}

/** The name, if somebody asks for those that the contract does not know and it is one of them: a rule may ask for such a field, too. */
export function unknownName(asking: Target | null, name: string): string | null {
  return asking?.unknown?.knows(name) === false ? name : null;
}

const encoder = new TextEncoder();
const OPEN: SimpleSchema = { types: ANYTHING, number: null, text: null, list: null, members: [], required: [], open: true };

function textPlan(
  rules: TextRules | null,
  targets: readonly Target[],
  validator: Validator | null,
): Pick<FieldPlan, "interned" | "byteCheck"> {
  const interned = targets.find((target) => target.interned !== null)?.interned ?? null;
  if (rules === null || validator === null) return { interned, byteCheck: null };
  if (interned === null && rules.oneOf === null) return { interned: null, byteCheck: byteCheck(rules, validator) };
  const accepts = textCheck(rules, validator);
  if (interned === null) return { interned: createInterned(accepts), byteCheck: null };
  interned.accepts = accepts;
  return { interned, byteCheck: null };
}

type FieldParts = Pick<
  FieldPlan,
  "name" | "required" | "types" | "numberRules" | "list" | "byteCheck" | "interned" | "exact" | "child" | "targets"
> & { readonly learns: boolean; readonly unknown: string | null };

/** One literal for all fields: the scanner is fast only while the engine sees a single shape of them. */
function createField(parts: FieldParts): FieldPlan {
  const { name, required, types, numberRules, list, byteCheck, interned, exact, child, targets, learns, unknown } = parts;
  const as = (kind: string): Target | null => targets.find((target) => target.request.as === kind) ?? null;
  const except = (...kinds: string[]): readonly Target[] => targets.filter((target) => !kinds.includes(target.request.as));
  const asTime = as("time");
  return {
    name,
    hash: hashOf(name, 0, name.length),
    required,
    types,
    numberRules,
    list,
    byteCheck,
    interned,
    exact,
    child,
    asNumber: as("number"),
    asTime,
    timeUnit: asTime?.request.unit ?? null,
    asText: as("string"),
    asSlices: as("slices"),
    asBoolean: as("boolean"),
    asVector: as("vector"),
    targets,
    notNumber: except("number", "time"),
    notText: except("string", "slices", "time"),
    notBoolean: except("boolean"),
    notVector: except("vector"),
    place: { step: null, known: [], learns },
    unknown,
    seen: -1,
  };
}

/** A member that nobody asked for and the contract says nothing of; known so that its place can be learned. */
export function otherField(name: Uint8Array, learns: boolean, unknown: string | null): FieldPlan {
  return createField({
    name,
    required: 0,
    types: ANYTHING,
    numberRules: null,
    list: null,
    byteCheck: null,
    interned: null,
    exact: null,
    child: null,
    targets: [],
    learns,
    unknown,
  });
}

export function indexFields(plan: ObjectPlan): void {
  let size = 8;
  while (size < plan.fields.length * 2) size *= 2;
  plan.slots = new Array<FieldPlan | null>(size).fill(null);
  for (const field of plan.fields) {
    let slot = slotOf(field.hash, size);
    while (plan.slots[slot]) slot = (slot + 1) & (size - 1);
    plan.slots[slot] = field;
  }
}

export function slotOf(hash: number, size: number): number {
  return (hash ^ (hash >>> 15)) & (size - 1);
}
