import { baselineOf, type FoundBaselines } from "../baselines.ts";
import type { SpecProblem } from "../problems.ts";
import type { Draft } from "./draft.ts";

/** Are the baselines there that rules name? What they say of a field is asked when the rule is compiled. */
export function lintBaselines(draft: Draft, { problems }: FoundBaselines): readonly SpecProblem[] {
  return [...draft.stages.values()].flatMap((stage) => {
    if (stage.type !== "gate") return [];
    return stage.rules.flatMap((rule, index) =>
      baselineOf(rule).flatMap((name) => {
        const problem = problems.get(name);
        return problem ? [draft.yaml.problem("WEIR-1605", ["stages", stage.id, "rules", index, "baseline"], problem)] : [];
      }),
    );
  });
}
