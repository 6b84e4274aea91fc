import { ticksOf } from "./resolve.ts";
import { childPointer } from "../request.ts";
import type { AvroField, AvroType } from "./schema.ts";

type Json = { readonly [keyword: string]: unknown };

/** Records inside one another whose members rules may name. */
const MAX_NESTING = 16;

/** What records of the schema look like as JSON, for everybody who asks a contract for its fields. Recursive types end in "anything". */
export function jsonSchemaOf(type: AvroType, depth = 0): Json {
  if (depth > MAX_NESTING) return {};
  switch (type.kind) {
    case "null":
    case "boolean":
    case "string":
      return { type: type.kind };
    case "int":
    case "long":
      return { type: "integer" };
    case "float":
    case "double":
      return { type: "number" };
    case "bytes":
    case "fixed":
      return { type: "string", contentEncoding: "base64" };
    case "enum":
      return { type: "string", enum: type.symbols };
    case "array":
      return { type: "array", items: jsonSchemaOf(type.items, depth + 1) };
    case "map":
      return { type: "object", additionalProperties: jsonSchemaOf(type.values, depth + 1) };
    case "union":
      return unionOf(type.branches, depth);
    case "record":
      return {
        type: "object",
        properties: Object.fromEntries(type.fields.map((field) => [field.name, describedField(field, depth)])),
        required: type.fields.map(({ name }) => name),
        additionalProperties: false,
      };
  }
}

function describedField({ type, description }: AvroField, depth: number): Json {
  return { ...jsonSchemaOf(type, depth + 1), ...(description !== null && { description }) };
}

/** What may be null is written as people write it, so that its members are known. */
function unionOf(branches: readonly AvroType[], depth: number): Json {
  const others = branches.filter(({ kind }) => kind !== "null");
  const [only] = others;
  if (only === undefined) return { type: "null" };
  if (others.length > 1) return { anyOf: branches.map((branch) => jsonSchemaOf(branch, depth + 1)) };
  const schema = jsonSchemaOf(only, depth);
  if (others.length === branches.length || schema["type"] === undefined) return schema;
  const { enum: symbols } = schema;
  return { ...schema, type: [schema["type"], "null"], ...(Array.isArray(symbols) && { enum: [...(symbols as unknown[]), null] }) };
}

/** Pointers of the fields that are points in time by themselves. */
export function timesIn(type: AvroType, pointer = "", depth = 0): readonly string[] {
  if (depth > MAX_NESTING) return [];
  if (type.kind === "union") return type.branches.flatMap((branch) => timesIn(branch, pointer, depth + 1));
  if (type.kind !== "record") return ticksOf(type) === null ? [] : [pointer];
  return type.fields.flatMap((field) => timesIn(field.type, childPointer(pointer, field.name), depth + 1));
}
