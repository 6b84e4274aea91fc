import type { RouterSpec } from "../pipeline.ts";
import type { SpecProblem } from "../problems.ts";
import type { Draft } from "./draft.ts";
import { sameIds } from "./gate.ts";

/** Whether every rule of a router can ever decide. */
export function lintRouter(draft: Draft, router: RouterSpec): readonly SpecProblem[] {
  return sameIds(draft, router.id, router.rules);
}
