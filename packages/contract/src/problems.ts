import { describeProblem, type Problem } from "@weir/record";
import { compilePattern } from "@weir/expr";
import { childPointer } from "./request.ts";
import { isObject, isSchema, resolveLocal, schemasIn, stringsIn, type Schema } from "./schema.ts";

const ONE = [
  "additionalProperties",
  "propertyNames",
  "items",
  "contains",
  "not",
  "if",
  "then",
  "else",
  "unevaluatedItems",
  "unevaluatedProperties",
  "contentSchema",
];
const MANY = ["properties", "patternProperties", "dependentSchemas", "$defs", "definitions"];
const LISTS = ["allOf", "anyOf", "oneOf", "prefixItems"];
const PLAIN = [
  "$schema",
  "$id",
  "$anchor",
  "$ref",
  "$dynamicRef",
  "$dynamicAnchor",
  "$vocabulary",
  "$comment",
  "title",
  "description",
  "default",
  "deprecated",
  "readOnly",
  "writeOnly",
  "examples",
  "type",
  "enum",
  "const",
  "multipleOf",
  "maximum",
  "exclusiveMaximum",
  "minimum",
  "exclusiveMinimum",
  "maxLength",
  "minLength",
  "pattern",
  "maxItems",
  "minItems",
  "uniqueItems",
  "maxContains",
  "minContains",
  "maxProperties",
  "minProperties",
  "required",
  "dependentRequired",
  "format",
  "contentEncoding",
  "contentMediaType",
];
const KNOWN = new Set([...ONE, ...MANY, ...LISTS, ...PLAIN]);
const DIALECT = "https://json-schema.org/draft/2020-12/schema";
const MAX_PROBLEMS = 100;

/** What can be said against a schema before it is compiled, every place at once. Empty: nothing. */
export function schemaProblems(schema: unknown): readonly Problem[] {
  if (!isSchema(schema)) {
    return [{ code: "WEIR-2101", what: "the contract is not a JSON Schema", why: "a schema is an object, true or false" }];
  }
  const problems: Problem[] = [];
  visit(schema, "", schema, problems);
  return problems.slice(0, MAX_PROBLEMS);
}

/** The first problem with, in its reason, the others. */
export function joinProblems(problems: readonly [Problem, ...Problem[]]): Problem {
  const [first, ...rest] = problems;
  if (rest.length === 0) return first;
  const others = rest.map((p) => describeProblem(p).split("\n").slice(0, 2).join(" ")).join("; ");
  return { ...first, why: `${first.why ?? ""}${first.why ? "; " : ""}and ${rest.length} more: ${others}`.slice(0, 2000) };
}

function visit(schema: Schema, at: string, root: Schema, problems: Problem[]): void {
  if (!isObject(schema) || problems.length >= MAX_PROBLEMS) return;
  for (const keyword of Object.keys(schema)) {
    const where = childPointer(at, keyword);
    const problem = KNOWN.has(keyword) ? keywordProblem(keyword, schema[keyword], where, root) : unknownKeyword(keyword, where);
    if (problem !== null) problems.push(problem);
    for (const [pointer, part] of partsOf(keyword, schema[keyword], where)) visit(part, pointer, root, problems);
  }
}

function partsOf(keyword: string, value: unknown, where: string): readonly (readonly [string, Schema])[] {
  if (ONE.includes(keyword)) return isSchema(value) ? [[where, value]] : [];
  if (MANY.includes(keyword)) return schemasIn(value).map(([name, part]) => [childPointer(where, name), part] as const);
  if (!LISTS.includes(keyword) || !Array.isArray(value)) return [];
  return value.flatMap((part: unknown, i) => (isSchema(part) ? [[childPointer(where, i), part] as const] : []));
}

function unknownKeyword(keyword: string, where: string): Problem {
  return {
    code: "WEIR-2102",
    what: `unknown keyword "${keyword}"`,
    where,
    why: "JSON Schema would silently ignore it",
    fix: 'correct the spelling, or move notes into "$comment"',
  };
}

function keywordProblem(keyword: string, value: unknown, where: string, root: Schema): Problem | null {
  switch (keyword) {
    case "$schema":
      return typeof value === "string" && value.replace(/#$/, "") === DIALECT ? null : wrongDialect(value, where);
    case "$ref":
      return refProblem(value, where, root);
    case "pattern":
      return typeof value === "string" ? patternProblem(value, where) : null;
    case "patternProperties":
      return isObject(value)
        ? (Object.keys(value)
            .map((p) => patternProblem(p, where))
            .find((p) => p !== null) ?? null)
        : null;
    case "properties":
      return isObject(value) && Object.hasOwn(value, "__proto__") ? protoProblem(where) : null;
    case "required":
      return stringsIn(value).includes("__proto__") ? protoProblem(where) : null;
    default:
      return null;
  }
}

function wrongDialect(value: unknown, where: string): Problem {
  return {
    code: "WEIR-2101",
    what: `the contract is written for ${JSON.stringify(value)}`,
    where,
    why: "only JSON Schema 2020-12 is read",
    fix: `set "$schema" to "${DIALECT}" and check the keywords that changed (items, definitions, dependencies)`,
  };
}

function refProblem(value: unknown, where: string, root: Schema): Problem | null {
  if (typeof value !== "string" || (value.startsWith("#") && !value.startsWith("#/"))) return null;
  if (value.startsWith("#/")) {
    if (resolveLocal(root, value) !== undefined) return null;
    return { code: "WEIR-2103", what: `"${value}" points to nothing`, where, fix: "correct the pointer" };
  }
  return {
    code: "WEIR-2103",
    what: `the schema refers to "${value}", outside itself`,
    where,
    why: "a contract must say everything itself: nothing is fetched",
    fix: 'copy it into "$defs" and refer to "#/$defs/…"',
  };
}

function patternProblem(source: string, where: string): Problem | null {
  try {
    compilePattern(source);
    return null;
  } catch (error) {
    return {
      code: "WEIR-2104",
      what: `pattern ${JSON.stringify(source)} cannot be used`,
      where,
      why: error instanceof Error ? error.message : String(error),
      fix: "write it without look-around and back references: patterns are matched in linear time",
    };
  }
}

function protoProblem(where: string): Problem {
  return { code: "WEIR-2101", what: 'a field cannot be called "__proto__"', where, fix: "rename the field" };
}
