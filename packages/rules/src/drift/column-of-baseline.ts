import { WeirError } from "@weir/record";
import type { Baseline, BaselineColumn } from "./baseline.ts";

/** What a rule's baseline knows of its field. @throws {WeirError} WEIR-2206 where it knows nothing. */
export function columnOfBaseline(
  spec: { readonly id: string; readonly field: string; readonly baseline: string },
  baselines: ReadonlyMap<string, Baseline>,
): BaselineColumn {
  const baseline = baselines.get(spec.baseline);
  if (!baseline) throw new Error(`the baseline ${spec.baseline} of rule ${spec.id} was not handed in`);
  const column = baseline.columns[spec.field];
  if (column) return column;
  throw new WeirError({
    code: "WEIR-2206",
    what: `the baseline ${spec.baseline} says nothing of ${spec.field}`,
    where: `rule ${spec.id}`,
    fix: `use one of ${Object.keys(baseline.columns).join(", ")}, or learn a baseline that has it`,
  });
}
