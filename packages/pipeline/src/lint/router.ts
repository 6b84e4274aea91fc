import { lintRouter as lintRules, type RouterProblem } from "@weir/routing";
import type { RouterSpec } from "../pipeline.ts";
import type { Path, SpecProblem } from "../problems.ts";
import type { Draft } from "./draft.ts";
import { sameIds } from "./gate.ts";

/** Whether every rule of a router can ever decide: warnings, since order may be meant. */
export function lintRouter(draft: Draft, router: RouterSpec): readonly SpecProblem[] {
  return [...sameIds(draft, router.id, router.rules), ...lintRules(router).map((problem) => warning(draft, router, problem))];
}

function warning(draft: Draft, router: RouterSpec, { kind, rule, message, hint }: RouterProblem): SpecProblem {
  const index = router.rules.findIndex((r) => r.id === rule);
  const path: Path = index < 0 ? ["stages", router.id, "default"] : ["stages", router.id, "rules", index, "when"];
  return draft.yaml.problem(kind === "overlap" ? "WEIR-1403" : "WEIR-1402", path, { severity: "warning", what: message, fix: hint });
}
