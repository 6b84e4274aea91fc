import type { ASTNode } from "@marcbachmann/cel-js";
import { celDialects } from "./dialect.ts";
import { pathOf } from "./fields.ts";
import { literalOf, type Literal } from "./literal.ts";
import { accessOf, isRoot } from "./survey.ts";

/** One comparison of a field with constants. */
export type Condition =
  | { readonly path: string; readonly comparison: "<" | "<=" | ">" | ">="; readonly value: number }
  | { readonly path: string; readonly comparison: "in"; readonly values: readonly (number | string | boolean)[] };

/**
 * The conditions that all have to hold, where the expression says no more than that (`a >= 0.6 && b in ["x", "y"]`); none for
 * `true`. Null for everything else, wrong expressions included.
 */
export function conditionsOf(source: string, ctx?: unknown): readonly Condition[] | null {
  try {
    return conjunction(celDialects().source.parse(source).ast, ctx);
  } catch {
    return null; // compileExpression tells what is wrong with it
  }
}

function conjunction(node: ASTNode, ctx: unknown): readonly Condition[] | null {
  switch (node.op) {
    case "value":
      return node.args === true ? [] : null;
    case "&&": {
      const left = conjunction(node.args[0], ctx);
      const right = left && conjunction(node.args[1], ctx);
      return left && right && [...left, ...right];
    }
    case "<":
    case "<=":
    case ">":
    case ">=":
      return ordering(node.op, node.args[0], node.args[1], ctx);
    case "==":
      return equality(node.args[0], node.args[1], ctx);
    case "in": {
      const path = fieldOf(node.args[0]);
      const items = node.args[1].op === "list" ? node.args[1].args.map((item) => literalOf(item, ctx)) : [undefined];
      return path === null ? null : membership(path, items);
    }
    default:
      return null;
  }
}

const MIRRORED = { "<": ">", "<=": ">=", ">": "<", ">=": "<=" } as const;

function ordering(comparison: keyof typeof MIRRORED, left: ASTNode, right: ASTNode, ctx: unknown): readonly Condition[] | null {
  const path = fieldOf(left);
  const value = literalOf(path === null ? left : right, ctx);
  const field = path ?? fieldOf(right);
  if (field === null || typeof value !== "number") return null;
  return [{ path: field, comparison: path === null ? MIRRORED[comparison] : comparison, value }];
}

function equality(left: ASTNode, right: ASTNode, ctx: unknown): readonly Condition[] | null {
  const path = fieldOf(left);
  const field = path ?? fieldOf(right);
  return field === null ? null : membership(field, [literalOf(path === null ? left : right, ctx)]);
}

function membership(path: string, items: readonly (Literal | undefined)[]): readonly Condition[] | null {
  const values = items.filter((item) => item !== undefined && item !== null);
  return values.length === items.length ? [{ path, comparison: "in", values }] : null;
}

/** A constant of the spec is no field. */
function fieldOf(node: ASTNode): string | null {
  const access = accessOf(node);
  return access && isRoot(access.name) && access.name !== "ctx" && access.names.length > 0 ? pathOf(access.name, access.names) : null;
}
