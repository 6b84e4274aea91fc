import * as z from "zod";
import { fileSchema } from "./file.ts";

/** JSON Schema draft-07 of the pipeline file, for editors. */
export function pipelineJsonSchema(): Readonly<Record<string, unknown>> {
  made ??= makeSchema();
  return made;
}

/** Made when it is first needed: a file without mistakes does not need it. */
let made: Readonly<Record<string, unknown>> | null = null;

function makeSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...rest } = z.toJSONSchema(fileSchema, { target: "draft-07", io: "input" });
  return { $schema, $id: "pipeline.schema.json", ...rest };
}

type SchemaNode = Readonly<Record<string, unknown>>;

/** The keys that the file may have at a path, where its values choose among several forms (`type`, `kind`). */
export function keysAt(value: unknown, path: readonly (string | number)[]): readonly string[] {
  let nodes: readonly SchemaNode[] = choose(pipelineJsonSchema(), value);
  let at = value;
  for (const step of path) {
    at = member(at, step);
    nodes = nodes.flatMap((node) => child(node, step)).flatMap((node) => choose(node, at));
  }
  return [...new Set(nodes.flatMap((node) => Object.keys(properties(node))))];
}

/** Where else a key is known: `metadata`, `stages.<id>.window` (of a gate), … */
export function placesOfKey(key: string): readonly string[] {
  const places: string[] = [];
  const visit = (node: SchemaNode, path: string, form: string): void => {
    const own = properties(node);
    const here = constOf(own["type"]) ?? constOf(own["kind"]);
    const below = path !== "" && typeof here === "string" ? ` of ${/^[aeiou]/.test(here) ? "an" : "a"} ${here}` : form;
    if (Object.hasOwn(own, key)) places.push(`${path === "" ? "the top level" : path}${below}`);
    for (const [name, next] of Object.entries(own)) visit(asNode(next), path === "" ? name : `${path}.${name}`, below);
    if (typeof node["additionalProperties"] === "object") visit(asNode(node["additionalProperties"]), `${path}.<id>`, below);
    if (node["items"] !== undefined) visit(asNode(node["items"]), `${path}[]`, below);
    for (const option of options(node)) visit(option, path, below);
  };
  visit(pipelineJsonSchema(), "", "");
  return [...new Set(places)];
}

/** The forms that the value could have: all of them, or those whose constants agree with it. */
function choose(node: SchemaNode, value: unknown): readonly SchemaNode[] {
  const among = options(node);
  if (among.length === 0) return [node];
  const all = among.flatMap((option) => choose(option, value));
  const agreeing = all.filter((option) =>
    Object.entries(properties(option)).some(([name, p]) => constOf(p) !== undefined && constOf(p) === member(value, name)),
  );
  return agreeing.length > 0 ? agreeing : all;
}

function child(node: SchemaNode, step: string | number): readonly SchemaNode[] {
  if (typeof step === "number") return node["items"] === undefined ? [] : [asNode(node["items"])];
  const own = properties(node)[step];
  if (own !== undefined) return [asNode(own)];
  return typeof node["additionalProperties"] === "object" ? [asNode(node["additionalProperties"])] : [];
}

function options(node: SchemaNode): readonly SchemaNode[] {
  return [node["oneOf"], node["anyOf"]].flatMap((list) => (Array.isArray(list) ? list.map(asNode) : []));
}

function properties(node: SchemaNode): SchemaNode {
  return asNode(node["properties"]);
}

function constOf(node: unknown): unknown {
  return asNode(node)["const"];
}

function member(value: unknown, step: string | number): unknown {
  return asNode(value)[step];
}

function asNode(value: unknown): SchemaNode {
  return isNode(value) ? value : {};
}

function isNode(value: unknown): value is SchemaNode {
  return typeof value === "object" && value !== null;
}
