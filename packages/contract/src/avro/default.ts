import { isObject } from "../schema.ts";
import { base64 } from "./bytes.ts";
import { SchemaFault, type AvroType } from "./schema.ts";

/**
 * A default of the contract as a value of its type. Of a union it may be a value of any branch, the first that takes it counts.
 * @throws {SchemaFault} where it is none
 */
export function defaultValue(type: AvroType, json: unknown, depth = 0): unknown {
  const wrong = (): never => {
    throw new SchemaFault("", `the default ${JSON.stringify(json)} is no ${type.kind === "union" ? "value of the union" : type.kind}`);
  };
  if (depth > 32) throw new SchemaFault("", "a default is nested deeper than 32");
  switch (type.kind) {
    case "null":
      return json === null ? null : wrong();
    case "boolean":
      return typeof json === "boolean" ? json : wrong();
    case "int":
    case "long":
      return Number.isInteger(json) ? json : wrong();
    case "float":
      return typeof json === "number" ? Math.fround(json) : wrong();
    case "double":
      return typeof json === "number" ? json : wrong();
    case "string":
      return typeof json === "string" ? json : wrong();
    case "enum":
      return typeof json === "string" && type.symbols.includes(json) ? json : wrong();
    case "bytes":
      return isLatin(json) ? base64(Uint8Array.from(json, (c) => c.charCodeAt(0))) : wrong();
    case "fixed":
      return isLatin(json) && json.length === type.size ? base64(Uint8Array.from(json, (c) => c.charCodeAt(0))) : wrong();
    case "array":
      return Array.isArray(json) ? json.map((item) => defaultValue(type.items, item, depth + 1)) : wrong();
    case "map":
      if (!isObject(json)) return wrong();
      return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, defaultValue(type.values, value, depth + 1)]));
    case "union":
      return defaultOfUnion(type.branches, json, depth) ?? (json === null ? null : wrong());
    case "record": {
      if (!isObject(json)) return wrong();
      const members = type.fields.map((field) => {
        const own = Object.hasOwn(json, field.name) ? json[field.name] : field.default;
        return [field.name, own === undefined ? wrong() : defaultValue(field.type, own, depth + 1)] as const;
      });
      return Object.fromEntries(members);
    }
  }
}

/** Defaults of bytes are texts in which every character is a byte. */
function isLatin(json: unknown): json is string {
  return typeof json === "string" && [...json].every((c) => c.charCodeAt(0) < 256);
}

function defaultOfUnion(branches: readonly AvroType[], json: unknown, depth: number): unknown {
  for (const branch of branches) {
    try {
      return defaultValue(branch, json, depth + 1);
    } catch (error) {
      if (!(error instanceof SchemaFault)) throw error;
    }
  }
  return undefined;
}
