import { didYouMean } from "../near.ts";
import { allOwners, type Owners } from "../owners.ts";
import type { Path, SpecProblem } from "../problems.ts";
import type { Draft } from "./draft.ts";

/** Every owner that the pipeline names must be one that owners.yaml knows. */
export function lintOwners(draft: Draft, owners: Owners, pipelineOwner: string | null): readonly SpecProblem[] {
  const known = allOwners(owners);
  const check = (owner: string, path: Path): readonly SpecProblem[] =>
    known.includes(owner)
      ? []
      : [
          draft.yaml.problem("WEIR-1702", path, {
            what: `owners.yaml does not know ${owner}`,
            why: "an alert for it would reach nobody",
            fix: didYouMean(owner, known) ?? "add it to owners.yaml",
          }),
        ];
  const problems = pipelineOwner === null ? [] : [...check(pipelineOwner, ["metadata", "owner"])];
  for (const stage of draft.stages.values()) {
    if (stage.owner !== pipelineOwner) problems.push(...check(stage.owner, ["stages", stage.id, "owner"]));
    if (stage.type !== "gate") continue;
    stage.rules.forEach(
      (rule, i) => rule.owner !== undefined && problems.push(...check(rule.owner, ["stages", stage.id, "rules", i, "owner"])),
    );
  }
  return problems;
}
