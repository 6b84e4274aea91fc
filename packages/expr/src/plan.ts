import type { ASTNode } from "@marcbachmann/cel-js";
import type { FieldTypes, KernelRead } from "./expression.ts";
import { pathOf, resolve } from "./fields.ts";
import { constantAt, literalOf, literalValue, type Literal } from "./literal.ts";
import { accessOf, argumentOfHas, isRoot } from "./survey.ts";

export type Comparison = "<" | "<=" | ">" | ">=" | "==" | "!=";

/** A decision over columns; `column` is an index into the reads. */
export type Plan =
  | { readonly op: "constant"; readonly value: boolean }
  | { readonly op: "flag"; readonly column: number }
  | { readonly op: "compare"; readonly comparison: Comparison; readonly column: number; readonly literal: Literal }
  | { readonly op: "pair"; readonly comparison: Comparison; readonly left: number; readonly right: number }
  | { readonly op: "in"; readonly column: number; readonly list: readonly Literal[] }
  | { readonly op: "has"; readonly column: number }
  | { readonly op: "not"; readonly of: Plan }
  | { readonly op: "and" | "or"; readonly left: Plan; readonly right: Plan };

export interface Planned {
  readonly plan: Plan;
  readonly reads: readonly KernelRead[];
}

export interface PlanContext {
  readonly fields: FieldTypes;
  readonly ctx: unknown;
}

/** The kernel's plan of a checked expression; null where it takes the evaluator. */
export function planKernel(ast: ASTNode, context: PlanContext): Planned | null {
  const reads: KernelRead[] = [];
  const plan = planNode(ast, { ...context, reads });
  return plan && { plan, reads };
}

interface Planning extends PlanContext {
  readonly reads: KernelRead[];
}

function planNode(node: ASTNode, planning: Planning): Plan | null {
  switch (node.op) {
    case "value":
      return typeof node.args === "boolean" ? { op: "constant", value: node.args } : null;
    case "!_": {
      const of = planNode(node.args, planning);
      return of && { op: "not", of };
    }
    case "&&":
    case "||": {
      const left = planNode(node.args[0], planning);
      const right = left && planNode(node.args[1], planning);
      return left && right && { op: node.op === "&&" ? "and" : "or", left, right };
    }
    case "<":
    case "<=":
    case ">":
    case ">=":
    case "==":
    case "!=":
      return planComparison(node.op, node.args[0], node.args[1], planning);
    case "in":
      return planMembership(node.args[0], node.args[1], planning);
    case "call":
      return planHas(node, planning);
    default:
      return planFlag(node, planning);
  }
}

const MIRRORED: Readonly<Record<Comparison, Comparison>> = { "<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!=" };

function planComparison(comparison: Comparison, left: ASTNode, right: ASTNode, planning: Planning): Plan | null {
  const a = columnOf(left, planning);
  const b = columnOf(right, planning);
  if (a && b) return a.as === b.as ? { op: "pair", comparison, left: indexOf(a, planning), right: indexOf(b, planning) } : null;
  const column = a ?? b;
  const literal = constantOf(a ? right : left, planning);
  if (!column || literal === undefined || !suits(column, literal, comparison)) return null;
  return { op: "compare", comparison: a ? comparison : MIRRORED[comparison], column: indexOf(column, planning), literal };
}

function suits(read: KernelRead, literal: Literal, comparison: Comparison): boolean {
  return literal === null ? comparison === "==" || comparison === "!=" : typeof literal === read.as;
}

function planMembership(left: ASTNode, right: ASTNode, planning: Planning): Plan | null {
  const column = columnOf(left, planning);
  const list = column && listOf(right, planning);
  return column && list && list.every((literal) => typeof literal === column.as)
    ? { op: "in", column: indexOf(column, planning), list }
    : null;
}

/** One level only: `has(record.a.b)` also depends on whether `record.a` is an object, which no column tells. */
function planHas(node: ASTNode, planning: Planning): Plan | null {
  const argument = argumentOfHas(node);
  const access = argument && accessOf(argument);
  if (!access || access.names.length !== 1 || !isRoot(access.name) || !isColumn(access.name, access.names)) return null;
  const path = pathOf(access.name, access.names);
  const type = planning.fields.get(path);
  const as = planning.reads.find((r) => r.path === path)?.as ?? (type === undefined ? "boolean" : (FORMS[type] ?? "boolean"));
  return { op: "has", column: indexOf({ path, as }, planning) };
}

function planFlag(node: ASTNode, planning: Planning): Plan | null {
  const constant = constantOf(node, planning);
  if (typeof constant === "boolean") return { op: "constant", value: constant };
  const column = columnOf(node, planning);
  return column?.as === "boolean" ? { op: "flag", column: indexOf(column, planning) } : null;
}

const FORMS: Readonly<Record<string, KernelRead["as"]>> = { number: "number", string: "string", bool: "boolean" };

/** The column of a field that is declared as a number, text or bool. */
function columnOf(node: ASTNode, planning: Planning): KernelRead | null {
  const access = accessOf(node);
  if (!access || !isRoot(access.name) || !isColumn(access.name, access.names)) return null;
  const resolved = resolve({ node, root: access.name, names: access.names, inHas: false }, planning.fields);
  if (resolved.kind !== "declared" || resolved.depth !== access.names.length) return null;
  const as = FORMS[resolved.type];
  return as === undefined ? null : { path: pathOf(access.name, access.names), as };
}

/** Names that would mean something else in a JSON pointer, or in a dotted path, stay with the evaluator. */
function isColumn(root: string, names: readonly string[]): boolean {
  return (
    (root === "record" || root === "prediction") && names.length > 0 && names.every((name) => !name.includes(".") && !/^\d+$/.test(name))
  );
}

function indexOf(read: KernelRead, planning: Planning): number {
  const known = planning.reads.findIndex((r) => r.path === read.path && r.as === read.as);
  return known >= 0 ? known : planning.reads.push(read) - 1;
}

/** As the field list declares it: what has another type than declared is left to the evaluator, which raises. */
function constantOf(node: ASTNode, planning: Planning): Literal | undefined {
  const value = literalOf(node, planning.ctx);
  const access = accessOf(node);
  if (access === null || value === undefined) return value;
  const type = planning.fields.get(pathOf(access.name, access.names));
  return type !== undefined && value !== null && typeof value === FORMS[type] ? value : undefined;
}

function listOf(node: ASTNode, planning: Planning): readonly Literal[] | null {
  const access = accessOf(node);
  const constant = access?.name === "ctx" ? constantAt(planning.ctx, access.names) : undefined;
  const items =
    node.op === "list" ? node.args.map((item) => constantOf(item, planning)) : Array.isArray(constant) ? constant.map(literalValue) : null;
  return items?.every((item) => item !== undefined) ? items.filter((item) => item !== undefined) : null;
}
