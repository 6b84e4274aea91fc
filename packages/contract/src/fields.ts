import { childPointer, parsePointer } from "./request.ts";
import { isObject, isSchema, resolveLocal, schemasIn, stringsIn, type Schema } from "./schema.ts";

export type JsonType = "string" | "number" | "integer" | "boolean" | "null" | "object" | "array";

/** What the schema says of one field. */
export interface FieldInfo {
  readonly pointer: string;
  /** Types that a valid value may have; empty when the schema does not say. */
  readonly types: readonly JsonType[];
  /** Is it in every valid record? (It and all its parents are required.) */
  readonly required: boolean;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  /** Of arrays; `items` are the types that every one may have, none where the schema does not say. */
  readonly items?: readonly JsonType[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly description?: string;
  /** The schema itself says that the number is a point in time, and its unit. */
  readonly isTime?: boolean;
}

const MAX_NESTING = 16;
const TYPES: readonly JsonType[] = ["string", "number", "integer", "boolean", "null", "object", "array"];

/** Every field that the schema declares at a fixed place (members of objects, not items of arrays), parents first. */
export function describeFields(root: Schema): readonly FieldInfo[] {
  const fields: FieldInfo[] = [];
  const visit = (parts: readonly Schema[], pointer: string, required: boolean, depth: number): void => {
    if (depth > MAX_NESTING) return;
    const names = new Set(parts.flatMap((part) => (isObject(part) ? schemasIn(part["properties"]).map(([name]) => name) : [])));
    const needed = new Set(parts.flatMap((part) => (isObject(part) ? stringsIn(part["required"]) : [])));
    const always = required && (pointer === "" || isOnlyObject(typesOf(parts, root)));
    for (const name of [...names, ...[...needed].filter((n) => !names.has(n))]) {
      const child = childPointer(pointer, name);
      const below = membersNamed(parts, name, root);
      fields.push(describe(below, child, always && needed.has(name), root));
      visit(below, child, always && needed.has(name), depth + 1);
    }
  };
  visit(conjuncts(root, root), "", true, 0);
  return fields;
}

/** May something be at the pointer in a record that obeys the schema? */
export function allowsPointer(root: Schema, pointer: string): boolean {
  let parts = conjuncts(root, root);
  for (const name of parsePointer(pointer)) {
    const types = typesOf(parts, root);
    if (types.length > 0 && !types.includes("object") && !types.includes("array")) return false;
    const closed = parts.some((part) => part === false || (isObject(part) && shutsOut(part, name)));
    if (closed && !types.includes("array")) return false;
    parts = membersNamed(parts, name, root);
  }
  return !parts.includes(false);
}

function shutsOut(part: { readonly [keyword: string]: unknown }, name: string): boolean {
  const declared = isObject(part["properties"]) && Object.hasOwn(part["properties"], name);
  return part["additionalProperties"] === false && !declared && part["patternProperties"] === undefined;
}

/** The schemas that all hold for a value: the schema itself, what it refers to and what `allOf` adds. */
function conjuncts(schema: Schema, root: Schema, depth = 0): readonly Schema[] {
  if (!isObject(schema) || depth > MAX_NESTING) return [schema];
  const referred = resolveLocal(root, schema["$ref"]);
  const all = Array.isArray(schema["allOf"]) ? schema["allOf"].filter(isSchema) : [];
  const more = [...(referred === undefined ? [] : [referred]), ...all];
  return [schema, ...more.flatMap((s) => conjuncts(s, root, depth + 1))];
}

/** What holds for a member, alternatives of `anyOf` and `oneOf` included (each of them may hold). */
function membersNamed(parts: readonly Schema[], name: string, root: Schema): readonly Schema[] {
  return parts.flatMap((part) => {
    if (!isObject(part) || !isObject(part["properties"]) || !Object.hasOwn(part["properties"], name)) return [];
    const member = part["properties"][name];
    return isSchema(member) ? conjuncts(member, root) : [];
  });
}

function typesOf(parts: readonly Schema[], root: Schema): readonly JsonType[] {
  let types: readonly JsonType[] | null = null;
  for (const part of parts) {
    const own = ownTypes(part, root);
    if (own === null) continue;
    types = types === null ? own : intersect(types, own);
  }
  return types ?? [];
}

function ownTypes(part: Schema, root: Schema): readonly JsonType[] | null {
  if (!isObject(part)) return null;
  const declared = part["type"];
  if (declared !== undefined) return TYPES.filter((t) => t === declared || (Array.isArray(declared) && declared.includes(t)));
  if (Array.isArray(part["enum"])) return TYPES.filter((t) => stringsOfTypes(part["enum"]).has(t));
  if (part["const"] !== undefined) return TYPES.filter((t) => stringsOfTypes([part["const"]]).has(t));
  const choices = part["anyOf"] ?? part["oneOf"];
  if (!Array.isArray(choices)) return null;
  const each = choices.filter(isSchema).map((choice) => typesOf(conjuncts(choice, root), root));
  return each.some((types) => types.length === 0) ? null : TYPES.filter((t) => each.some((types) => types.includes(t)));
}

function intersect(a: readonly JsonType[], b: readonly JsonType[]): readonly JsonType[] {
  const has = (types: readonly JsonType[], t: JsonType): boolean => types.includes(t) || (t === "integer" && types.includes("number"));
  return TYPES.filter((t) => has(a, t) && has(b, t));
}

function stringsOfTypes(values: unknown): ReadonlySet<string> {
  return new Set(Array.isArray(values) ? values.map(typeOfValue) : []);
}

function typeOfValue(value: unknown): JsonType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  if (typeof value === "string") return "string";
  return typeof value === "boolean" ? "boolean" : "object";
}

function isOnlyObject(types: readonly JsonType[]): boolean {
  return types.length === 1 && types[0] === "object";
}

function describe(parts: readonly Schema[], pointer: string, required: boolean, root: Schema): FieldInfo {
  const find = (keyword: string): unknown => parts.map((p) => (isObject(p) ? p[keyword] : undefined)).find((v) => v !== undefined);
  const text = (keyword: "format" | "pattern" | "description"): object => {
    const value = find(keyword);
    return typeof value === "string" ? { [keyword]: value } : {};
  };
  const items = parts.flatMap((p) => (isObject(p) && isSchema(p["items"]) ? conjuncts(p["items"], root) : []));
  const bound = (keyword: "minimum" | "maximum" | "minItems" | "maxItems"): object => {
    const value = find(keyword);
    return typeof value === "number" ? { [keyword]: value } : {};
  };
  const values = find("enum") ?? (find("const") === undefined ? undefined : [find("const")]);
  return {
    pointer,
    types: typesOf(parts, root),
    required,
    ...(Array.isArray(values) ? { enum: values } : {}),
    ...text("format"),
    ...text("pattern"),
    ...bound("minimum"),
    ...bound("maximum"),
    ...(items.length > 0 ? { items: typesOf(items, root) } : {}),
    ...bound("minItems"),
    ...bound("maxItems"),
    ...text("description"),
  };
}
