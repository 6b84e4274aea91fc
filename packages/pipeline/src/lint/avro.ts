import type { Draft } from "./draft.ts";
import type { Path, SpecProblem } from "../problems.ts";

/** What makes or changes records as JSON, in a pipeline whose records are Avro. */
export function lintAvro(draft: Draft): readonly SpecProblem[] {
  if (draft.record?.format !== "avro") return [];
  const problem = (path: Path, what: string, why: string, fix: string): SpecProblem => draft.yaml.problem("WEIR-1903", path, { what, why, fix }); // prettier-ignore
  const problems: SpecProblem[] = [];
  const predicting: string[] = [];
  for (const stage of draft.stages.values()) {
    if (stage.type === "inference") predicting.push(stage.id);
    if (stage.type !== "ingest") continue;
    for (const door of ["http", "webhook", "files", "pull"] as const) {
      if (stage[door] === undefined) continue;
      problems.push(problem(["stages", stage.id, door], `\`${door}\` takes JSON, and the records are Avro`, "ingest does not encode Avro yet", "remove it; producers write the entry topic themselves")); // prettier-ignore
    }
  }
  for (const id of predicting.slice(1))
    problems.push(problem(["stages", id], "a second model has no place for its prediction", "values of Avro stay as they are, and the header weir.prediction holds one", "keep one inference stage, or write JSON")); // prettier-ignore
  return problems;
}
