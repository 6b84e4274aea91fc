import type { Contract } from "@weir/contract";
import type { ValueType } from "../value-checks.ts";
import type { Baseline } from "./baseline.ts";
import { columnOfBaseline } from "./column-of-baseline.ts";

/** The type that a field's values had: categories of a contract without texts are booleans. */
export function typeInBaseline(
  spec: { readonly id: string; readonly field: string; readonly baseline: string },
  contract: Pick<Contract, "field">,
  baselines: ReadonlyMap<string, Baseline>,
): ValueType {
  if (columnOfBaseline(spec, baselines).kind === "number") return "number";
  const types = contract.field(spec.field)?.types ?? [];
  return types.includes("boolean") && !types.includes("string") ? "boolean" : "string";
}
