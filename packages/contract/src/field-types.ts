import type { FieldType, FieldTypes } from "@weir/expr";
import type { FieldInfo, JsonType } from "./fields.ts";

/** The declared fields as expressions see them: `/a/b` of the record is `record.a.b`. Objects appear through their members. */
export function fieldTypesOf(fields: readonly FieldInfo[]): FieldTypes {
  if (fields.length === 0) return new Map<string, FieldType>([["record", "dyn"]]);
  const parents = new Set(fields.map((f) => f.pointer.slice(0, f.pointer.lastIndexOf("/"))));
  return new Map(fields.filter((f) => !parents.has(f.pointer)).map((f) => [`record${f.pointer.replaceAll("/", ".")}`, typeOf(f.types)]));
}

function typeOf(types: readonly JsonType[]): FieldType {
  const kinds = new Set(types.filter((t) => t !== "null").map(kindOf));
  const [only = "dyn"] = kinds;
  return kinds.size === 1 ? only : "dyn";
}

function kindOf(type: JsonType): FieldType {
  switch (type) {
    case "integer":
    case "number":
      return "number";
    case "string":
      return "string";
    case "boolean":
      return "bool";
    case "array":
      return "list";
    default:
      return "map";
  }
}
