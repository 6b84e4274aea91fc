import { EvaluationError, type ASTNode, type Environment } from "@marcbachmann/cel-js";
import { fromCel, toCelRoot } from "./celvalue.ts";
import { celDialects, compiledPattern, guardName, MATCHES, MAX_BYTES } from "./dialect.ts";
import {
  ExpressionError,
  ROOTS,
  type CompileOptions,
  type Expression,
  type ExpressionProblem,
  type FieldTypes,
  type Root,
} from "./expression.ts";
import { hintForName, pathOf, resolve } from "./fields.ts";
import { createKernel } from "./kernel.ts";
import { PatternError } from "./pattern-error.ts";
import { planKernel } from "./plan.ts";
import { isPlainChain, renameMethod, rewrite, type Insertion, type Rewritten } from "./rewrite.ts";
import { chainPrefix, childrenOf, survey, type Access, type Survey } from "./survey.ts";

export interface Compiled {
  readonly expression: Expression | null;
  readonly problems: readonly ExpressionProblem[];
}

const MAX_LOOPS = 2;

/**
 * CEL over the fields of records: at most 2 KiB, 50 deep, 500 nodes. Reads of declared fields raise where the value has
 * another type; null is let through, so that it can be compared. Every problem that can be seen without a record is
 * reported with its column.
 */
export function compileExpression(source: string, fields: FieldTypes, options: CompileOptions = {}): Compiled {
  const size = new TextEncoder().encode(source).length;
  if (size > MAX_BYTES) return failed({ message: `the expression has ${size} bytes, at most ${MAX_BYTES} are allowed`, column: 1 });
  const { source: dialect, checked } = celDialects();
  let ast: ASTNode;
  try {
    ast = dialect.parse(source).ast;
  } catch (error) {
    return failed(problemOf(error, (position) => position));
  }
  const found = survey(ast, (name) => dialect.hasVariable(name));
  const problems = [
    ...surveyProblems(found, fields),
    ...accessProblems(source, found.accesses, fields),
    ...found.matches.flatMap(patternProblems),
  ];
  if (problems.length > 0) return { expression: null, problems: [...problems].sort((a, b) => a.column - b.column) };
  const rewritten = rewrite(
    source,
    found.accesses.flatMap((access) => guardsOf(access, fields)),
  );
  const type = checkedType(checked, rewritten);
  if (typeof type !== "string") return failed(type);
  if (options.expect === "bool" && type !== "bool" && type !== "dyn") {
    return failed({
      message: `the expression is of type ${type}, but must be true or false`,
      column: 1,
      hint: "compare it with something",
    });
  }
  const planned = options.expect === "bool" ? planKernel(ast, { fields, ctx: options.ctx }) : null;
  const expression: Expression = {
    source,
    type,
    reads: [...new Set(found.accesses.map((access) => pathOf(access.root, access.names)))],
    evaluate: evaluator(source, rewritten, found.accesses, options),
    kernel: planned && createKernel(planned),
  };
  return { expression, problems: [] };
}

function failed(problem: ExpressionProblem): Compiled {
  return { expression: null, problems: [problem] };
}

function surveyProblems(found: Survey, fields: FieldTypes): readonly ExpressionProblem[] {
  const unknown = found.unknownNames.map((node) => {
    const name = node.op === "id" ? node.args : "";
    const hint = hintForName(name, fields);
    return { message: `unknown name \`${name}\``, column: node.start + 1, ...(hint === undefined ? {} : { hint }) };
  });
  const hiding = found.hiding.map((node) => ({
    message: "this variable hides what is read from the record",
    column: node.start + 1,
    hint: "give it another name",
  }));
  const nested =
    found.loops > MAX_LOOPS ? [{ message: `${found.loops} loops inside one another, at most ${MAX_LOOPS} are allowed`, column: 1 }] : [];
  return [...unknown, ...hiding, ...nested];
}

function accessProblems(source: string, accesses: readonly Access[], fields: FieldTypes): readonly ExpressionProblem[] {
  return accesses.flatMap((access) => {
    const resolved = resolve(access, fields);
    if (resolved.kind === "unknown") {
      const node = chainPrefix(access.node, resolved.at + 1, access.names.length);
      return [{ message: resolved.message, column: node.pos + 1, ...(resolved.hint === undefined ? {} : { hint: resolved.hint }) }];
    }
    if (isPlainChain(source, access.node)) return [];
    return [
      {
        message: "a field's path must be written without parentheses or comments in it",
        column: access.node.start + 1,
        hint: `write ${pathOf(access.root, access.names)}`,
      },
    ];
  });
}

function patternProblems(call: ASTNode): readonly ExpressionProblem[] {
  const pattern = call.op === "rcall" ? call.args[2][0] : undefined;
  if (pattern?.op !== "value" || typeof pattern.args !== "string") {
    return [
      {
        message: "the pattern of `matches` must be written as text",
        column: (pattern ?? call).start + 1,
        hint: "patterns are compiled when the pipeline is loaded",
      },
    ];
  }
  try {
    compiledPattern(pattern.args);
    return [];
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    return [{ message: error.message, column: pattern.start + 1 }];
  }
}

function guardsOf(access: Access, fields: FieldTypes): readonly Insertion[] {
  const resolved = resolve(access, fields);
  if (access.inHas || resolved.kind !== "declared" || resolved.type === "dyn") return [];
  const node = chainPrefix(access.node, resolved.depth, access.names.length);
  const path = JSON.stringify(pathOf(access.root, access.names.slice(0, resolved.depth)));
  return [
    { at: node.start, text: `${guardName(resolved.type)}(` },
    { at: node.end, text: `, ${path})` },
  ];
}

function checkedType(checked: Environment, rewritten: Rewritten): string | ExpressionProblem {
  const program = checked.parse(rewritten.text);
  renameMethod(program.ast, "matches", MATCHES, childrenOf);
  const result = program.check();
  return result.valid ? (result.type ?? "dyn") : problemOf(result.error, (position) => rewritten.original(position));
}

function problemOf(error: unknown, original: (position: number) => number): ExpressionProblem {
  if (!(error instanceof Error)) throw error;
  return { message: reasonOf(error), column: original(startOf(error)) + 1 };
}

function startOf(error: Error): number {
  return "range" in error &&
    typeof error.range === "object" &&
    error.range !== null &&
    "start" in error.range &&
    typeof error.range.start === "number"
    ? error.range.start
    : 0;
}

/** CEL's own errors carry the source in their message; the summary is the message without it. */
function reasonOf(error: Error): string {
  const summary = "summary" in error && typeof error.summary === "string" ? error.summary : error.message;
  if (summary.startsWith("no such overload")) return summary.replaceAll(/dyn<([^<>]*)>/g, "$1");
  return summary.startsWith("Exceeded max") ? `${summary}: the expression is too large` : summary;
}

function evaluator(source: string, rewritten: Rewritten, accesses: readonly Access[], options: CompileOptions): Expression["evaluate"] {
  const program = celDialects().evaluated.parse(rewritten.text);
  renameMethod(program.ast, "matches", MATCHES, childrenOf);
  const members = new Map(ROOTS.map((root) => [root, membersRead(root, accesses)]));
  const constants = options.ctx === undefined ? undefined : toCelRoot(options.ctx, null);
  return (scope) => {
    let value: unknown;
    try {
      const context: Record<string, unknown> = {};
      for (const [root, names] of members)
        context[root] = root === "ctx" && constants !== undefined ? constants : toCelRoot(scope[root], names);
      value = fromCel(program(context));
    } catch (error) {
      throw new ExpressionError(source, error instanceof EvaluationError ? reasonOf(error) : String(error), error);
    }
    if (options.expect === "bool" && typeof value !== "boolean") throw new ExpressionError(source, "the result is neither true nor false");
    return value;
  };
}

/** Members of the root that are read; null where the root as a whole is. */
function membersRead(root: Root, accesses: readonly Access[]): ReadonlySet<string> | null {
  const own = accesses.filter((access) => access.root === root);
  if (own.some((access) => access.names.length === 0)) return null;
  return new Set(own.flatMap((access) => access.names.slice(0, 1)));
}
