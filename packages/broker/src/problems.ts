import { WeirError, type Problem } from "@weir/record";

/** A broker cannot be had: exit code 4. */
export function brokerProblem(problem: Problem, cause?: unknown): WeirError {
  return new WeirError(problem, { exitCode: 4, ...(cause !== undefined && { cause }) });
}

export const USE_ANOTHER = "or name a broker that runs already: --broker HOST:PORT";
