import { fieldTypesOf, type Contract, type FieldRequest } from "@weir/contract";
import { compileExpression, FALSE, TRUE } from "@weir/expr";
import { WeirError } from "@weir/record";
import { columnOf, type BatchView, type RowCheck } from "./check.ts";
import { BROKEN, FAILED, FINE, MISSING } from "./row-code.ts";
import type { RuleSpec } from "./spec.ts";

type ExprSpec = Extract<RuleSpec, { kind: "expr" }>;

/** A CEL expression over `record`: fine where it is true, broken where it is false, failed where it raises. */
export function expressionCheck(spec: ExprSpec, contract: Pick<Contract, "fields" | "parse">): RowCheck {
  const { expression, problems } = compileExpression(spec.expr, fieldTypesOf(contract.fields), { expect: "bool" });
  if (!expression)
    throw wrongExpression(
      spec,
      problems.map((p) => `column ${p.column}: ${p.message}${p.hint === undefined ? "" : `; ${p.hint}`}`),
    );
  const { kernel } = expression;
  const requests: FieldRequest[] = (kernel?.reads ?? []).map(({ path, as }) => ({
    pointer: path.replace(/^record/, "").replaceAll(".", "/"),
    as,
  }));
  const nullCode = spec.nullIs === "fail" ? BROKEN : FINE;
  const valueAt = (view: BatchView, row: number): unknown => expression.evaluate({ record: contract.parse(view.batch, row) });
  const run = (view: BatchView, codes: Uint8Array): void => {
    const { count } = view.batch;
    if (kernel) {
      const results = kernel.run(
        requests.map((r) => columnOf(view, r)),
        count,
      );
      for (let row = 0; row < count; row++) codes[row] = results[row] === TRUE ? FINE : results[row] === FALSE ? BROKEN : FAILED;
    } else {
      for (let row = 0; row < count; row++) codes[row] = view.read.failures.has(row) ? MISSING : evaluated(valueAt, view, row, nullCode);
    }
  };
  return {
    requests,
    run,
    readable: () => () => false,
    explain: (view, row) => `${spec.expr} is ${outcome(valueAt, view, row)}`,
  };
}

type ValueAt = (view: BatchView, row: number) => unknown;

function evaluated(valueAt: ValueAt, view: BatchView, row: number, nullCode: number): number {
  try {
    const value = valueAt(view, row);
    return value === true ? FINE : value === null ? nullCode : BROKEN;
  } catch {
    return FAILED;
  }
}

function outcome(valueAt: ValueAt, view: BatchView, row: number): string {
  try {
    return String(valueAt(view, row));
  } catch (error) {
    return `without a value (${error instanceof Error ? error.message : String(error)})`;
  }
}

function wrongExpression(spec: ExprSpec, problems: readonly string[]): WeirError {
  return new WeirError({
    code: "WEIR-2205",
    what: `the expression of rule ${spec.id} cannot be compiled`,
    where: spec.expr,
    why: problems.join("; "),
    fix: "fields of the record are written record.NAME",
  });
}
