import { isObject, isSchema, resolveLocal, schemasIn, stringsIn, type Schema } from "./schema.ts";

/** Types of JSON values as bits; the two booleans apart, because an enum may allow only one. */
export const TEXT = 1;
export const FRACTION = 2;
export const WHOLE = 4;
export const TRUE = 8;
export const FALSE = 16;
export const NOTHING = 32;
export const OBJECT = 64;
export const ARRAY = 128;
export const ANYTHING = 255;

const BITS: Readonly<Record<string, number>> = {
  string: TEXT,
  number: FRACTION | WHOLE,
  integer: WHOLE,
  boolean: TRUE | FALSE,
  null: NOTHING,
  object: OBJECT,
  array: ARRAY,
};

export interface NumberRules {
  readonly minimum: number;
  readonly maximum: number;
  readonly above: number;
  readonly below: number;
  readonly multipleOf: number;
  readonly oneOf: readonly number[] | null;
}

export interface TextRules {
  readonly minLength: number;
  readonly maxLength: number;
  readonly pattern: string | null;
  readonly format: string | null;
  readonly oneOf: readonly string[] | null;
}

/** An array of numbers. */
export interface ListRules {
  /** FRACTION and WHOLE, as bits. */
  readonly types: number;
  readonly number: NumberRules | null;
  readonly minItems: number;
  readonly maxItems: number;
}

/** A schema that the scanner can check by itself while it walks over the bytes. */
export interface SimpleSchema {
  readonly types: number;
  readonly number: NumberRules | null;
  readonly text: TextRules | null;
  /** Null where the schema says nothing of what is in an array. */
  readonly list: ListRules | null;
  readonly members: readonly (readonly [string, Schema])[];
  readonly required: readonly string[];
  /** Are members allowed that the schema does not name? */
  readonly open: boolean;
}

const NOTES = new Set([
  "$schema",
  "$id",
  "$comment",
  "$defs",
  "definitions",
  "title",
  "description",
  "default",
  "deprecated",
  "readOnly",
  "writeOnly",
  "examples",
  "contentEncoding",
  "contentMediaType",
]);
const RULES = new Set([
  "type",
  "enum",
  "const",
  "properties",
  "required",
  "additionalProperties",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minLength",
  "maxLength",
  "pattern",
  "format",
  "items",
  "minItems",
  "maxItems",
]);
const NUMBER_FORMATS = new Set(["int32", "int64", "float", "double"]);

/** Null where the schema says more than that; then the exact validator decides. */
export function simplify(schema: Schema, root: Schema, depth = 0): SimpleSchema | null {
  if (schema === true) return simpleOf({}, root, depth);
  if (schema === false || depth > 16) return null;
  const keywords = Object.keys(schema).filter((keyword) => !NOTES.has(keyword));
  if (keywords.length === 1 && keywords[0] === "$ref") {
    const referred = resolveLocal(root, schema["$ref"]);
    return referred === undefined ? null : simplify(referred, root, depth + 1);
  }
  if (keywords.length === 1 && keywords[0] === "anyOf") return simplifyOptional(schema["anyOf"], root, depth);
  return keywords.every((keyword) => RULES.has(keyword)) ? simpleOf(schema, root, depth) : null;
}

/** `anyOf: [X, {type: null}]`, what generators write for optional fields: the keywords of X say nothing of null. */
function simplifyOptional(choices: unknown, root: Schema, depth: number): SimpleSchema | null {
  if (!Array.isArray(choices) || choices.length !== 2) return null;
  const isNull = (c: unknown): boolean => isObject(c) && Object.keys(c).length === 1 && c["type"] === "null";
  const other: unknown = choices.find((choice) => !isNull(choice));
  if (!choices.some(isNull) || !isSchema(other)) return null;
  const simple = simplify(other, root, depth + 1);
  return simple === null ? null : { ...simple, types: simple.types | NOTHING };
}

function simpleOf(schema: { readonly [keyword: string]: unknown }, root: Schema, depth: number): SimpleSchema | null {
  const { additionalProperties: more, format } = schema;
  if (more !== undefined && typeof more !== "boolean" && !(isObject(more) && Object.keys(more).length === 0)) return null;
  if (typeof format === "string" && NUMBER_FORMATS.has(format)) return null;
  const listed = allowedValues(schema);
  if (listed?.some((value) => typeof value === "object" && value !== null)) return null;
  const list = listRules(schema, root, depth);
  if (list === "other") return null;
  const types = typesOf(schema["type"]) & (listed === null ? ANYTHING : bitsOfValues(listed));
  return {
    types,
    number: numberRules(schema, listed),
    text: textRules(schema, listed),
    list,
    members: schemasIn(schema["properties"]),
    required: stringsIn(schema["required"]),
    open: more !== false,
  };
}

function allowedValues(schema: { readonly [keyword: string]: unknown }): readonly unknown[] | null {
  const { enum: values, const: constant } = schema;
  const listed: readonly unknown[] | null = Array.isArray(values) ? values : null;
  if (constant === undefined) return listed;
  return listed === null ? [constant] : listed.filter((value) => value === constant);
}

function typesOf(type: unknown): number {
  if (type === undefined) return ANYTHING;
  return (typeof type === "string" ? [type] : stringsIn(type)).reduce((bits, name) => bits | (BITS[name] ?? 0), 0);
}

function bitsOfValues(values: readonly unknown[]): number {
  return values.reduce<number>((bits, value) => bits | bitOfValue(value), 0);
}

function bitOfValue(value: unknown): number {
  if (typeof value === "string") return TEXT;
  if (typeof value === "number") return FRACTION | WHOLE;
  if (value === null) return NOTHING;
  return value === true ? TRUE : FALSE;
}

function numberRules(schema: { readonly [keyword: string]: unknown }, listed: readonly unknown[] | null): NumberRules | null {
  const bound = (keyword: string, none: number): number => {
    const value = schema[keyword];
    return typeof value === "number" ? value : none;
  };
  const rules: NumberRules = {
    minimum: bound("minimum", -Infinity),
    maximum: bound("maximum", Infinity),
    above: bound("exclusiveMinimum", -Infinity),
    below: bound("exclusiveMaximum", Infinity),
    multipleOf: bound("multipleOf", 0),
    oneOf: listed === null ? null : listed.filter((value) => typeof value === "number"),
  };
  const keywords = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
  return listed !== null || keywords.some((keyword) => schema[keyword] !== undefined) ? rules : null;
}

/** `other`: rules for arrays of anything but numbers. */
function listRules(schema: { readonly [keyword: string]: unknown }, root: Schema, depth: number): ListRules | null | "other" {
  const { items, minItems, maxItems } = schema;
  if (items === undefined && minItems === undefined && maxItems === undefined) return null;
  const item = isSchema(items) ? simplify(items, root, depth + 1) : null;
  if (item === null || (item.types & ~(FRACTION | WHOLE)) !== 0) return "other";
  return {
    types: item.types,
    number: item.number,
    minItems: typeof minItems === "number" ? minItems : 0,
    maxItems: typeof maxItems === "number" ? maxItems : Infinity,
  };
}

function textRules(schema: { readonly [keyword: string]: unknown }, listed: readonly unknown[] | null): TextRules | null {
  const { minLength, maxLength, pattern, format } = schema;
  if (listed === null && [minLength, maxLength, pattern, format].every((value) => value === undefined)) return null;
  return {
    minLength: typeof minLength === "number" ? minLength : 0,
    maxLength: typeof maxLength === "number" ? maxLength : Infinity,
    pattern: typeof pattern === "string" ? pattern : null,
    format: typeof format === "string" ? format : null,
    oneOf: listed === null ? null : listed.filter((value) => typeof value === "string"),
  };
}
