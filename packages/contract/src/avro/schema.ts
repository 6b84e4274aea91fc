import { isObject } from "../schema.ts";

/** An Avro schema (specification 1.12) with its names resolved. Recursive types refer to themselves. */
export type AvroType = AvroPrimitive | AvroArray | AvroMap | AvroUnion | AvroNamed;
export type AvroNamed = AvroRecord | AvroEnum | AvroFixed;

export interface AvroPrimitive {
  readonly kind: "null" | "boolean" | "int" | "long" | "float" | "double" | "bytes" | "string";
  readonly logical: string | null;
}

export interface AvroArray {
  readonly kind: "array";
  readonly items: AvroType;
}

export interface AvroMap {
  readonly kind: "map";
  readonly values: AvroType;
}

export interface AvroUnion {
  readonly kind: "union";
  readonly branches: readonly AvroType[];
}

interface Named {
  /** With its namespace. */
  readonly name: string;
  readonly aliases: readonly string[];
}

export interface AvroRecord extends Named {
  readonly kind: "record";
  readonly fields: readonly AvroField[];
}

export interface AvroField {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly type: AvroType;
  /** As the schema has it, in JSON; undefined: none. */
  readonly default: unknown;
  readonly description: string | null;
}

export interface AvroEnum extends Named {
  readonly kind: "enum";
  readonly symbols: readonly string[];
  readonly default: string | null;
}

export interface AvroFixed extends Named {
  readonly kind: "fixed";
  readonly size: number;
}

/** What is wrong with a schema, and where in it. */
export class SchemaFault extends Error {
  readonly where: string;
  constructor(where: string, message: string) {
    super(message);
    this.name = "SchemaFault";
    this.where = where;
  }
}

const PRIMITIVES: ReadonlySet<string> = new Set<AvroPrimitive["kind"]>(["null", "boolean", "int", "long", "float", "double", "bytes", "string"]); // prettier-ignore
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const FULL_NAME = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*$/;
const MAX_NESTING = 100;
const MAX_FIXED_BYTES = 1024 * 1024;

interface Scope {
  readonly names: Map<string, AvroNamed>;
  readonly namespace: string;
  readonly where: string;
  readonly depth: number;
}

/**
 * The last of the schemas; those before it are what it refers to, in an order in which every name is known before it is used.
 * @throws {SchemaFault} not JSON, not a schema, or a name that nobody defines
 */
export function parseAvroSchema(texts: readonly string[]): AvroType {
  const names = new Map<string, AvroNamed>();
  let last: AvroType | null = null;
  for (const text of texts) last = parseType(parseText(text), { names, namespace: "", where: "", depth: 0 });
  if (last === null) throw new Error("at least one schema is needed");
  return last;
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // A registry gives the name of a primitive type without quotes, too.
    if (PRIMITIVES.has(text.trim())) return text.trim();
    throw new SchemaFault("", `it is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function parseType(json: unknown, scope: Scope): AvroType {
  if (scope.depth > MAX_NESTING) throw new SchemaFault(scope.where, `it is nested deeper than ${MAX_NESTING}`);
  if (typeof json === "string") return named(json, scope);
  if (Array.isArray(json)) return parseUnion(json, scope);
  if (!isObject(json)) throw new SchemaFault(scope.where, "a type is a name, a list of types or an object");
  const { type } = json;
  if (typeof type !== "string") return parseType(type, { ...scope, depth: scope.depth + 1 });
  switch (type) {
    case "record":
    case "error":
      return parseRecord(json, scope);
    case "enum":
      return parseEnum(json, scope);
    case "fixed":
      return parseFixed(json, scope);
    case "array":
      return { kind: "array", items: parseType(json["items"], inside(scope, "items")) };
    case "map":
      return { kind: "map", values: parseType(json["values"], inside(scope, "values")) };
    default: {
      const found = named(type, scope);
      const { logicalType } = json;
      return typeof logicalType === "string" && isPrimitive(found) ? { ...found, logical: logicalType } : found;
    }
  }
}

function isPrimitive(type: AvroType): type is AvroPrimitive {
  return PRIMITIVES.has(type.kind);
}

function inside(scope: Scope, name: string): Scope {
  return { ...scope, where: `${scope.where}/${name}`, depth: scope.depth + 1 };
}

const KINDS: Readonly<Record<string, AvroPrimitive>> = Object.fromEntries(
  (["null", "boolean", "int", "long", "float", "double", "bytes", "string"] as const).map((kind) => [kind, { kind, logical: null }]),
);

function named(name: string, { names, namespace, where }: Scope): AvroType {
  if (Object.hasOwn(KINDS, name)) return KINDS[name]!; // just looked
  const found = names.get(name.includes(".") || namespace === "" ? name : `${namespace}.${name}`) ?? names.get(name);
  if (found === undefined) throw new SchemaFault(where, `there is no type ${JSON.stringify(name)}`);
  return found;
}

function parseUnion(json: readonly unknown[], scope: Scope): AvroUnion {
  const branches = json.map((branch, i) => parseType(branch, inside(scope, String(i))));
  const kinds = branches.map((branch) => ("name" in branch ? branch.name : branch.kind));
  const twice = kinds.find((kind, i) => kinds.indexOf(kind) !== i);
  if (branches.length === 0) throw new SchemaFault(scope.where, "a union has at least one type");
  if (twice !== undefined) throw new SchemaFault(scope.where, `a union has ${twice} twice`);
  if (kinds.includes("union")) throw new SchemaFault(scope.where, "a union has no union in it");
  return { kind: "union", branches };
}

function defineNamed<T extends AvroNamed>(json: { readonly [key: string]: unknown }, scope: Scope, make: (named: Named) => T): T {
  const { name, namespace, aliases } = json;
  if (typeof name !== "string" || !FULL_NAME.test(name)) throw new SchemaFault(scope.where, `${JSON.stringify(name)} is no name of a type`);
  const space = typeof namespace === "string" ? namespace : scope.namespace;
  const within = (short: string, around: string): string => (short.includes(".") || around === "" ? short : `${around}.${short}`);
  const full = within(name, space);
  const own = full.slice(0, Math.max(full.lastIndexOf("."), 0));
  if (scope.names.has(full) || PRIMITIVES.has(full)) throw new SchemaFault(scope.where, `the type ${full} is defined twice`);
  const type = make({ name: full, aliases: textsIn(aliases, scope.where, FULL_NAME).map((alias) => within(alias, own)) });
  scope.names.set(full, type);
  return type;
}

function textsIn(value: unknown, where: string, form: RegExp): readonly string[] {
  if (value === undefined) return [];
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
  return texts.map((text) => {
    if (typeof text !== "string" || !form.test(text)) throw new SchemaFault(where, `${JSON.stringify(text)} is no name`);
    return text;
  });
}

function parseRecord(json: { readonly [key: string]: unknown }, scope: Scope): AvroRecord {
  const fields: AvroField[] = [];
  const record = defineNamed(json, scope, (name) => ({ kind: "record" as const, ...name, fields }));
  const namespace = record.name.slice(0, Math.max(record.name.lastIndexOf("."), 0));
  if (!Array.isArray(json["fields"])) throw new SchemaFault(scope.where, `the record ${record.name} has no list of fields`);
  for (const field of json["fields"] as readonly unknown[]) fields.push(parseField(field, { ...scope, namespace }));
  const names = fields.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new SchemaFault(scope.where, `the record ${record.name} has two fields ${twice}`);
  return record;
}

function parseField(json: unknown, scope: Scope): AvroField {
  if (!isObject(json)) throw new SchemaFault(scope.where, "a field is an object");
  const { name, doc } = json;
  if (typeof name !== "string" || !NAME.test(name) || name === "__proto__")
    throw new SchemaFault(scope.where, `${JSON.stringify(name)} is no name of a field`);
  // `{"name": "x", "type": "long", "logicalType": …}` says nothing of the type, in no implementation.
  return {
    name,
    aliases: textsIn(json["aliases"], scope.where, NAME),
    type: parseType(json["type"], inside(scope, name)),
    default: json["default"],
    description: typeof doc === "string" ? doc : null,
  };
}

function parseEnum(json: { readonly [key: string]: unknown }, scope: Scope): AvroEnum {
  if (!Array.isArray(json["symbols"])) throw new SchemaFault(scope.where, "an enum has a list of symbols");
  const symbols = textsIn(json["symbols"], scope.where, NAME);
  const fallback = json["default"];
  if (new Set(symbols).size !== symbols.length) throw new SchemaFault(scope.where, "an enum has a symbol twice");
  if (fallback !== undefined && !(typeof fallback === "string" && symbols.includes(fallback)))
    throw new SchemaFault(scope.where, `the default ${JSON.stringify(fallback)} is no symbol of the enum`);
  return defineNamed(json, scope, (name) => ({ kind: "enum", ...name, symbols, default: fallback ?? null }));
}

function parseFixed(json: { readonly [key: string]: unknown }, scope: Scope): AvroFixed {
  const { size } = json;
  if (typeof size !== "number" || !Number.isInteger(size) || size < 0 || size > MAX_FIXED_BYTES)
    throw new SchemaFault(scope.where, `${JSON.stringify(size)} is no size of a fixed`);
  return defineNamed(json, scope, (name) => ({ kind: "fixed", ...name, size }));
}
