import * as z from "zod";
import { ruleSchema } from "./rule.ts";
import { KIND_NOTES } from "./rule-examples.ts";

type Node = Readonly<Record<string, unknown>>;

/** The reference of all rule kinds, made from their declarations: what the file takes is what it says. Markdown. */
export function ruleReference(): string {
  const kinds = variants();
  const shared = [...propertiesOf(kinds[0] ?? {})].filter(
    ([name]) => kinds.every((kind) => propertiesOf(kind).has(name)) && name !== "kind",
  );
  const common = new Set(shared.map(([name]) => name));
  return [
    "# Rules",
    "",
    "Made from the declarations of the rules: change those and run the tests with `WEIR_UPDATE=1`.",
    "",
    "Every rule takes these:",
    "",
    ...shared.map(([name, node]) => parameterLine(name, node, required(kinds[0] ?? {}).has(name))),
    "",
    ...kinds.flatMap((kind) => section(kind, common)),
  ].join("\n");
}

/** The kinds in the order of their declaration. */
export function ruleKinds(): readonly string[] {
  return variants().map((kind) => kindOf(kind));
}

function section(kind: Node, common: ReadonlySet<string>): string[] {
  const name = kindOf(kind);
  const note = Object.entries(KIND_NOTES).find(([key]) => key === name)?.[1];
  if (!note) throw new Error(`nothing is noted of the rule kind ${name}`);
  const own = [...propertiesOf(kind)].filter(([key]) => key !== "kind" && !common.has(key));
  return [
    `## ${name}`,
    "",
    textOf(kind["description"]),
    "",
    `Breach: ${note.breach}.`,
    "",
    ...own.map(([key, node]) => parameterLine(key, node, required(kind).has(key))),
    ...(own.length > 0 ? [""] : []),
    "```yaml",
    `- ${note.example}`,
    "```",
    "",
  ];
}

function parameterLine(name: string, node: Node, isRequired: boolean): string {
  const said = textOf(node["description"]).trim();
  const examples = Array.isArray(node["examples"]) ? ` For example ${node["examples"].map((e) => `\`${String(e)}\``).join(", ")}.` : "";
  return `- \`${name}\`${isRequired ? " (required)" : ""}: ${formOf(node)}.${said === "" ? "" : ` ${said}`}${examples}`;
}

/** What may be written there. */
function formOf(node: Node): string {
  if (Array.isArray(node["enum"])) return node["enum"].map((value) => `\`${String(value)}\``).join(" | ");
  if (Array.isArray(node["anyOf"])) return node["anyOf"].map((each) => formOf(asNode(each))).join(" or ");
  const type = textOf(node["type"]) || "value";
  if (type === "array") return `list of ${formOf(asNode(node["items"]))}`;
  if (type === "object") return [...propertiesOf(node)].map(([name, each]) => `\`${name}\` (${formOf(each)})`).join(", ");
  const [min, max] = [node["minimum"], node["maximum"]];
  const bounds = typeof min === "number" && typeof max === "number" && max < Number.MAX_SAFE_INTEGER ? ` from ${min} to ${max}` : "";
  return `${type === "integer" ? "whole number" : type === "string" ? "text" : type}${bounds}`;
}

function variants(): readonly Node[] {
  const schema = asNode(z.toJSONSchema(ruleSchema, { target: "draft-07", io: "input" }));
  const list = schema["oneOf"] ?? schema["anyOf"];
  return Array.isArray(list) ? list.map(asNode) : [];
}

function kindOf(kind: Node): string {
  return textOf(asNode(asNode(kind["properties"])["kind"])["const"]);
}

function propertiesOf(node: Node): ReadonlyMap<string, Node> {
  return new Map(Object.entries(asNode(node["properties"])).map(([name, each]) => [name, asNode(each)]));
}

function required(node: Node): ReadonlySet<unknown> {
  return new Set(Array.isArray(node["required"]) ? node["required"] : []);
}

function asNode(value: unknown): Node {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : {};
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
