import type { ASTNode } from "@marcbachmann/cel-js";
import { accessOf } from "./survey.ts";

export type Literal = number | string | boolean | null;

/** The constant that the node is, `ctx` included; undefined if it is none, or one that a double cannot hold. */
export function literalOf(node: ASTNode, ctx: unknown): Literal | undefined {
  if (node.op === "value") return literalValue(node.args);
  if (node.op === "-_") {
    const negated = literalOf(node.args, ctx);
    return typeof negated === "number" ? -negated : undefined;
  }
  const access = accessOf(node);
  return access?.name === "ctx" && access.names.length > 0 ? literalValue(constantAt(ctx, access.names)) : undefined;
}

export function literalValue(value: unknown): Literal | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  return typeof value === "bigint" && BigInt(Number(value)) === value ? Number(value) : undefined;
}

export function constantAt(ctx: unknown, names: readonly string[]): unknown {
  let value = ctx;
  for (const name of names) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = Reflect.get(value, name);
  }
  return value;
}
