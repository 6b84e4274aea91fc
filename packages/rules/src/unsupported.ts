import { WeirError } from "@weir/record";
import type { RuleSpec } from "./spec.ts";

/** Says clearly what the format knows and this version does not judge yet. */
export function refuseUnsupported(spec: RuleSpec): void {
  if (spec.action === "pause" || spec.action === "halt") {
    throw notYet(spec, `action: ${spec.action}`, "use action: quarantineWindow, which keeps the records from going on, or alert");
  }
  if (spec.kind === "nullRate" && spec.judge === "significant") {
    throw notYet(spec, "judge: significant", "use judge: exact, which compares the rate of the window itself with the limit");
  }
}

function notYet(spec: RuleSpec, what: string, fix: string): WeirError {
  return new WeirError({ code: "WEIR-2201", what: `${what} is not there yet`, where: `rule ${spec.id}`, fix });
}
