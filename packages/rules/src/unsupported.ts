import { WeirError } from "@weir/record";
import type { RuleSpec } from "./spec.ts";

/** Says clearly what the format knows and this version does not judge yet. */
export function refuseUnsupported(spec: RuleSpec): void {
  if (spec.action === "pause" || spec.action === "halt") {
    throw notYet(spec, `action: ${spec.action}`, "use action: quarantineWindow, which keeps the records from going on, or alert");
  }
}

function notYet(spec: RuleSpec, what: string, fix: string): WeirError {
  return new WeirError({ code: "WEIR-2201", what: `${what} is not there yet`, where: `rule ${spec.id}`, fix });
}
