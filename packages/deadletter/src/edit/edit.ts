import { compileExpression, ExpressionError, type Expression } from "@weir/expr";
import { canonicalJson, type Header } from "@weir/record";
import { headerRule } from "./header-rules.ts";
import { addAt, applyPatch, isPointer, type PatchOperation } from "./json-patch.ts";
import { EditProblem } from "./json-text.ts";

/** What is changed in every record of a replay before it is sent: a JSON Patch, then a CEL map, then free headers. */
export interface EditSpec {
  readonly patch?: readonly PatchOperation[];
  /** JSON pointer → CEL over `record` and `headers` as they were before the map. */
  readonly map?: Readonly<Record<string, string>>;
  readonly headers?: { readonly set?: Readonly<Record<string, string>>; readonly remove?: readonly string[] };
}

export interface Editable {
  readonly value: Uint8Array | null;
  readonly headers: readonly Header[];
}

/** The edited record, or why this one cannot be edited. */
export type Edited = { readonly problem: null; readonly record: Editable } | { readonly problem: string };
export type Edit = (record: Editable) => Edited;

export interface ParsedEdit {
  readonly spec: EditSpec | null;
  readonly problems: readonly string[];
}

/** An edit as a person wrote it: `{patch: […]}`, `{map: {…}}`, `{headers: {set, remove}}` or a bare JSON Patch. */
export function parseEdit(input: unknown): ParsedEdit {
  const given = Array.isArray(input) ? { patch: input } : input;
  if (!isObject(given)) return { spec: null, problems: ["an edit is a JSON Patch (a list) or an object of patch, map and headers"] };
  const problems: string[] = [];
  for (const name of Object.keys(given)) if (!["patch", "map", "headers"].includes(name)) problems.push(`unknown member ${name}`);
  const patch = parsePatch(given["patch"], problems);
  const map = parseMap(given["map"], problems);
  const headers = parseHeaderEdit(given["headers"], problems);
  if (problems.length > 0) return { spec: null, problems };
  return { spec: { ...(patch && { patch }), ...(map && { map }), ...(headers && { headers }) }, problems };
}

function parsePatch(input: unknown, problems: string[]): PatchOperation[] | null {
  if (input === undefined) return null;
  if (!Array.isArray(input)) {
    problems.push("patch must be a list of operations (RFC 6902)");
    return null;
  }
  return input.flatMap((operation: unknown, i) => {
    const parsed = parseOperation(operation);
    if (typeof parsed === "string") problems.push(`patch[${i}]: ${parsed}`);
    return typeof parsed === "string" ? [] : [parsed];
  });
}

function parseOperation(input: unknown): PatchOperation | string {
  if (!isObject(input)) return "is no object";
  const { op, path, from, value } = input;
  if (typeof path !== "string" || !isPointer(path)) return "path must be a JSON pointer such as /distance";
  switch (op) {
    case "add":
    case "replace":
    case "test":
      return Object.hasOwn(input, "value") ? { op, path, value } : `${op} needs a value`;
    case "remove":
      return { op, path };
    case "move":
    case "copy":
      return typeof from === "string" && isPointer(from) ? { op, path, from } : `${op} needs a JSON pointer in from`;
    default:
      return `op must be add, remove, replace, move, copy or test`;
  }
}

function parseMap(input: unknown, problems: string[]): Record<string, string> | null {
  if (input === undefined) return null;
  if (!isObject(input)) {
    problems.push("map must be an object of JSON pointers and CEL expressions");
    return null;
  }
  const map: Record<string, string> = {};
  for (const [pointer, source] of Object.entries(input)) {
    if (!isPointer(pointer) || pointer === "") problems.push(`map: ${pointer} is no JSON pointer such as /distance`);
    else if (typeof source !== "string") problems.push(`map: ${pointer} must be a CEL expression`);
    else {
      for (const { message, column } of compileExpression(source, FIELDS).problems)
        problems.push(`map: ${pointer}, column ${column}: ${message}`);
      map[pointer] = source;
    }
  }
  return map;
}

function parseHeaderEdit(input: unknown, problems: string[]): NonNullable<EditSpec["headers"]> | null {
  if (input === undefined) return null;
  if (!isObject(input)) {
    problems.push("headers must be an object of set and remove");
    return null;
  }
  const set: Record<string, string> = {};
  for (const [name, value] of Object.entries(isObject(input["set"]) ? input["set"] : {})) {
    if (typeof value === "string") set[name] = value;
    else problems.push(`headers.set: ${name} must be text`);
  }
  const remove = Array.isArray(input["remove"]) ? input["remove"].filter((name) => typeof name === "string") : [];
  for (const name of [...Object.keys(set), ...remove])
    if (headerRule(name) === "locked") problems.push(`headers: ${name} is locked, only Weir writes it`);
  return { set, remove };
}

/** What records have: they may have failed because their fields are not of the type that the contract says. */
const FIELDS: ReadonlyMap<string, "dyn"> = new Map([
  ["record", "dyn"],
  ["headers", "dyn"],
]);
const decoder = new TextDecoder("utf-8", { fatal: true });
const encoder = new TextEncoder();

/** Expects a spec without problems. */
export function compileEdit({ patch = [], map = {}, headers }: EditSpec): Edit {
  const expressions = Object.entries(map).map(([pointer, source]) => ({ pointer, expression: compiled(source) }));
  return (record) => {
    try {
      const value = patch.length === 0 && expressions.length === 0 ? record.value : editValue(record, patch, expressions);
      return { problem: null, record: { value, headers: editHeaders(record.headers, headers) } };
    } catch (error) {
      if (error instanceof EditProblem || error instanceof ExpressionError) return { problem: error.message };
      throw error;
    }
  };
}

function compiled(source: string): Expression {
  const { expression } = compileExpression(source, FIELDS);
  if (!expression) throw new Error(`the edit ${source} was not checked`);
  return expression;
}

function editValue(
  { value, headers }: Editable,
  patch: readonly PatchOperation[],
  expressions: readonly { readonly pointer: string; readonly expression: Expression }[],
): Uint8Array {
  const patched = applyPatch(textOf(value), patch);
  if (expressions.length === 0) return encoder.encode(patched);
  const record: unknown = JSON.parse(patched);
  const scope = { record, headers: headerScope(headers) };
  const mapped = expressions.reduce((text, { pointer, expression }) => addAt(text, pointer, jsonOf(expression.evaluate(scope))), patched);
  return encoder.encode(mapped);
}

function textOf(value: Uint8Array | null): string {
  if (value === null) throw new EditProblem("there is no value");
  try {
    return decoder.decode(value);
  } catch {
    throw new EditProblem("the value is no UTF-8 text");
  }
}

/** First value of each header that is text. */
export function headerScope(headers: readonly Header[]): Record<string, string> {
  const scope: Record<string, string> = {};
  for (const { key, value } of headers) {
    if (value === null || Object.hasOwn(scope, key)) continue;
    try {
      scope[key] = decoder.decode(value);
    } catch {
      continue; // binary: nothing to compare with
    }
  }
  return scope;
}

function jsonOf(value: unknown): string {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number" && !Number.isFinite(value)) throw new EditProblem(`the edit gives ${value}, which JSON does not have`);
  return canonicalJson(value);
}

function editHeaders(headers: readonly Header[], edit: EditSpec["headers"]): readonly Header[] {
  if (!edit) return headers;
  const set = new Map(Object.entries(edit.set ?? {}).map(([name, text]) => [name, encoder.encode(text)]));
  const kept = headers.filter((h) => !edit.remove?.includes(h.key) && !set.has(h.key));
  return [...kept, ...[...set].map(([key, value]) => ({ key, value }))];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
