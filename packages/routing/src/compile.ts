import {
  compileExpression,
  ExpressionError,
  RAISED,
  TRUE,
  type Expression,
  type FieldType,
  type FieldTypes,
  type KernelRead,
  type Scope,
} from "@weir/expr";
import type { Column } from "@weir/record";
import { checkSpec } from "./check.ts";
import { UNDECIDED, type RouteDecisions, type RouteFailure, type Router, type RouterInput } from "./decision.ts";
import { branchesOf, type RouterProblem, type RouterSpec, type RouteRule } from "./spec.ts";

export interface CompiledRouter {
  readonly router: Router | null;
  readonly problems: readonly RouterProblem[];
}

/** Compiles a router against the fields that its records have; `ctx` of the spec is added to them. Tells every problem at once. */
export function compileRouter(spec: RouterSpec, fields: FieldTypes): CompiledRouter {
  const known = new Map([...fields, ...constantTypes(spec.ctx ?? {}, "ctx")]);
  const problems = [...checkSpec(spec)];
  const expressions: Expression[] = [];
  for (const rule of spec.rules) {
    const compiled = compileExpression(rule.when, known, { expect: "bool", ctx: spec.ctx ?? {} });
    if (compiled.expression) expressions.push(compiled.expression);
    problems.push(...compiled.problems.map((problem): RouterProblem => ({ kind: "expression", rule: rule.id, ...problem })));
  }
  return problems.length > 0 ? { router: null, problems } : { router: createRouter(spec, expressions), problems };
}

/** Types of constants, members of objects included. */
function constantTypes(values: object, path: string): readonly (readonly [string, FieldType])[] {
  return Object.entries(values).flatMap(([name, value]: [string, unknown]) => {
    const own = `${path}.${name}`;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return [[own, "map"] as const, ...constantTypes(value, own)];
    return [[own, constantType(value)] as const];
  });
}

function constantType(value: unknown): FieldType {
  if (Array.isArray(value)) return "list";
  if (typeof value === "number") return "number";
  if (typeof value === "boolean") return "bool";
  return typeof value === "string" ? "string" : "dyn";
}

interface Rule {
  readonly spec: RouteRule;
  readonly expression: Expression;
  /** Where the columns of the kernel's reads are among the router's. */
  readonly columns: readonly number[];
}

function createRouter(spec: RouterSpec, expressions: readonly Expression[]): Router {
  const reads: KernelRead[] = [];
  const rules = spec.rules.map((rule, i): Rule => {
    const expression = expressions[i]!; // one for every rule, since there was no problem
    return { spec: rule, expression, columns: (expression.kernel?.reads ?? []).map((read) => indexOf(read, reads)) };
  });
  const branches = branchesOf(spec);
  const decisions = [...spec.rules.map(({ id, to }) => ({ id, to })), { id: "default", to: spec.default }];
  return {
    branches,
    reads,
    labels: decisions.map(({ id, to }) => `${to}/${id}`),
    branchOf: Uint8Array.from(decisions, ({ to }) => branches.indexOf(to)),
    needsObjects: rules.some(({ expression }) => expression.kernel === null),
    decide: (input) => decideRows(rules, input),
  };
}

function indexOf(read: KernelRead, reads: KernelRead[]): number {
  const known = reads.findIndex((r) => r.path === read.path && r.as === read.as);
  return known >= 0 ? known : reads.push(read) - 1;
}

interface Deciding extends RouteDecisions {
  readonly input: RouterInput;
  readonly failures: Map<number, RouteFailure>;
  /** Rows that no rule has taken yet. */
  readonly open: Uint8Array;
  openCount: number;
  readonly scopes: Map<number, Scope>;
}

function decideRows(rules: readonly Rule[], input: RouterInput): RouteDecisions {
  const { count } = input;
  const open = new Uint8Array(count).fill(1);
  for (const row of input.leaveOut?.keys() ?? []) open[row] = 0;
  const deciding: Deciding = {
    input,
    open,
    decided: new Int32Array(count).fill(UNDECIDED),
    failures: new Map(),
    openCount: count - (input.leaveOut?.size ?? 0),
    scopes: new Map(),
  };
  rules.forEach((rule, index) => {
    if (deciding.openCount === 0) return;
    if (rule.expression.kernel) decideByColumns(rule, index, deciding, rule.expression.kernel.run(columnsOf(rule, input), count));
    else decideByObjects(rule, index, deciding);
  });
  for (let row = 0; row < count; row++) if (open[row] === 1) deciding.decided[row] = rules.length;
  return deciding;
}

function columnsOf(rule: Rule, input: RouterInput): readonly Column[] {
  return rule.columns.map((index) => input.columns[index]!); // the caller gives one for every read
}

function decideByColumns(rule: Rule, index: number, deciding: Deciding, says: Uint8Array): void {
  const { open, decided } = deciding;
  const isTrue = TRUE; // an imported name is looked up in every row
  let taken = 0;
  for (let row = 0; row < open.length; row++) {
    if (open[row] === 0 || says[row] === 0) continue;
    if (says[row] === isTrue) {
      decided[row] = index;
      open[row] = 0;
      taken++;
    } else if (says[row] === RAISED && rule.spec.onError !== "skip") {
      const message = reasonOf(rule, scopeOf(deciding, row)) ?? "the rule has no value for the record";
      fail(rule, deciding, row, message);
    }
  }
  deciding.openCount -= taken;
}

function decideByObjects(rule: Rule, index: number, deciding: Deciding): void {
  const { open, decided } = deciding;
  for (let row = 0; row < open.length; row++) {
    if (open[row] === 0) continue;
    try {
      if (rule.expression.evaluate(scopeOf(deciding, row)) !== true) continue;
      decided[row] = index;
      close(deciding, row);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      if (rule.spec.onError !== "skip") fail(rule, deciding, row, error.message);
    }
  }
}

/** What the evaluator says of a row for which the kernel had no value. */
function reasonOf(rule: Rule, scope: Scope): string | null {
  try {
    rule.expression.evaluate(scope);
    return null;
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return error.message;
  }
}

function fail(rule: Rule, deciding: Deciding, row: number, message: string): void {
  deciding.failures.set(row, { rule: rule.spec.id, message: `rule ${rule.spec.id}: ${message}` });
  close(deciding, row);
}

function close(deciding: Deciding, row: number): void {
  deciding.open[row] = 0;
  deciding.openCount--;
}

function scopeOf(deciding: Deciding, row: number): Scope {
  let scope = deciding.scopes.get(row);
  if (!scope) deciding.scopes.set(row, (scope = deciding.input.scopeAt(row)));
  return scope;
}
