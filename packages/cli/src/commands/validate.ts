import { formatProblem, hasErrors } from "@weir/pipeline";
import { checkPipeline, type Environment } from "@weir/service";
import type { Output } from "../output.ts";

/** Everything that can be said of a pipeline without a broker. 3 when it cannot run. */
export function validate(
  folder: string,
  flags: { readonly strict?: boolean; readonly json?: boolean },
  env: Environment,
  output: Output,
): number {
  const { problems, pipeline } = checkPipeline(folder, env);
  const refused = hasErrors(problems) || (flags.strict === true && problems.length > 0);
  if (flags.json) output.data(JSON.stringify({ valid: !refused, digest: pipeline?.digest ?? null, problems }));
  else {
    for (const problem of problems) output.note(formatProblem(problem));
    if (!refused) output.data(`${folder} is valid (${pipeline?.stages.size ?? 0} stages, spec ${pipeline?.digest.slice(0, 8) ?? ""})`);
  }
  return refused ? 3 : 0;
}
