import type { Contract } from "@weir/contract";
import { WeirError } from "@weir/record";
import type { RowCheck } from "./check.ts";
import type { RuleSpec } from "./spec.ts";

export function expressionCheck(spec: Extract<RuleSpec, { kind: "expr" }>, _contract: Pick<Contract, "field">): RowCheck {
  throw new WeirError({ code: "WEIR-2201", what: "rules of kind expr are not there yet", where: `rule ${spec.id}`, fix: "use range, oneOf, pattern or length" });
}
