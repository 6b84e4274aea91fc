import { compileExpression } from "@weir/expr";
import { WeirError } from "@weir/record";
import { compileRuleSet } from "@weir/rules";
import { contractAt } from "../contract-at.ts";
import { expressionTypes } from "../field-types.ts";
import { isProblem, type ModelProblem, type ResolvedModel } from "../models.ts";
import type { GateSpec, RouterSpec } from "../pipeline.ts";
import type { Path, SpecProblem } from "../problems.ts";
import { baselineOf, type FoundBaselines } from "../baselines.ts";
import type { Draft } from "./draft.ts";

/** Conditions that cannot be compiled, with their column in the file. */
export function lintConditions(
  draft: Draft,
  router: RouterSpec,
  models: ReadonlyMap<string, ResolvedModel | ModelProblem>,
): readonly SpecProblem[] {
  const known = [...models.values()].flatMap((m) => (isProblem(m) ? [] : [m.manifest]));
  const types = new Map(expressionTypes(draft.contract, known));
  // A model that is not known may predict anything; that it is not known is said elsewhere.
  if (known.length < models.size) types.set("prediction", "dyn");
  return router.rules.flatMap((rule, index) =>
    compileExpression(rule.when, types, { expect: "bool" }).problems.map(({ message, column, hint }) =>
      draft.yaml.problem("WEIR-1401", ["stages", router.id, "rules", index, "when"], { what: message, fix: hint, textOffset: column - 1 }),
    ),
  );
}

/** Rules that cannot be compiled, each for itself: expressions, patterns, limits, what is not judged yet. */
export function lintRules(draft: Draft, gate: GateSpec, { baselines, problems }: FoundBaselines): readonly SpecProblem[] {
  if (draft.contract === null) return [];
  const contract = contractAt(draft.contract, draft.stages, gate.id);
  return gate.rules.flatMap((rule, index) => {
    if (baselineOf(rule).some((name) => problems.has(name))) return [];
    const path: Path = ["stages", gate.id, "rules", index, ...(rule.kind === "expr" ? ["expr"] : [])];
    const problem = problemOf(() => compileRuleSet([rule], { stage: gate.id, contract, baselines, sha256: () => "" }));
    return problem === null ? [] : [draft.yaml.problem("WEIR-1401", path, { what: problem.what, why: problem.why, fix: problem.fix })];
  });
}

function problemOf(compile: () => unknown): WeirError["problem"] | null {
  try {
    compile();
    return null;
  } catch (error) {
    if (error instanceof WeirError) return error.problem;
    throw error;
  }
}
