import { compilePattern } from "@weir/expr";
import { isObject, isSchema, resolveLocal, schemasIn, stringsIn, type Schema } from "./schema.ts";

const MAX_NESTING = 16;
/** Keywords whose schemas may hold for the record itself. */
const BRANCHES = ["allOf", "anyOf", "oneOf"] as const;
const CONDITIONS = ["if", "then", "else", "not"] as const;

/** Does the schema say anything of a member of this name, be it in one of its alternatives only? Of `true` it is said of every name. */
export function knownNames(root: Schema): (name: string) => boolean {
  if (!isObject(root)) return () => true;
  const names = new Set<string>();
  const patterns: { test(text: string): boolean }[] = [];
  const visit = (schema: Schema, depth: number): void => {
    if (!isObject(schema) || depth > MAX_NESTING) return;
    for (const [name] of schemasIn(schema["properties"])) names.add(name);
    for (const name of stringsIn(schema["required"])) names.add(name);
    for (const [pattern] of schemasIn(schema["patternProperties"])) patterns.push(compilePattern(pattern));
    for (const part of partsOf(schema, root)) visit(part, depth + 1);
  };
  visit(root, 0);
  return (name) => names.has(name) || patterns.some((pattern) => pattern.test(name));
}

function partsOf(schema: { readonly [keyword: string]: unknown }, root: Schema): Schema[] {
  const referred = resolveLocal(root, schema["$ref"]);
  const branches = BRANCHES.flatMap((keyword) => (Array.isArray(schema[keyword]) ? schema[keyword].filter(isSchema) : []));
  const conditions = CONDITIONS.map((keyword) => schema[keyword]).filter(isSchema);
  const dependent = schemasIn(schema["dependentSchemas"]).map(([, part]) => part);
  return [...(referred === undefined ? [] : [referred]), ...branches, ...conditions, ...dependent];
}
