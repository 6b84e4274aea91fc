import type { Contract } from "@weir/contract";
import type { Sha256 } from "@weir/deadletter";
import { WeirError } from "@weir/record";
import { compileRuleSet, type Baseline, type RuleSpec, type WindowSpec } from "@weir/rules";
import * as z from "zod";
import { baselinesNamed } from "./baselines.ts";
import type { Folder } from "./models.ts";
import type { SpecProblem } from "./problems.ts";
import { resolveWindow } from "./resolve.ts";
import { explainIssue } from "./shape/explain.ts";
import { ruleSchema } from "./shape/rule.ts";
import { windowSchema, type WindowFile } from "./shape/window.ts";
import { readYaml } from "./yaml-text.ts";

/** Rules, and perhaps a window, that a gate might have: `rules:` and `window:` as they stand in the pipeline file. */
export interface Candidate {
  readonly rules: readonly RuleSpec[];
  /** Null: the gate's own. */
  readonly window: WindowSpec | null;
  readonly baselines: ReadonlyMap<string, Baseline>;
}

export interface CandidateOptions extends Folder {
  readonly sha256: Sha256;
  readonly contract: Contract;
}

const schema: z.ZodType<{ readonly rules: readonly RuleSpec[]; readonly window?: WindowFile }> = z.strictObject({
  rules: z.array(ruleSchema).max(1000),
  window: windowSchema.exactOptional(),
});

/** Reads candidate rules; `candidate` is null when something is wrong with them. Baselines are looked up in the pipeline's folder. */
export function readCandidate(
  text: string,
  file: string,
  options: CandidateOptions,
): { readonly candidate: Candidate | null; readonly problems: readonly SpecProblem[] } {
  const yaml = readYaml(text, file, null);
  if (yaml.problems.length > 0 || yaml.value === undefined) return { candidate: null, problems: yaml.problems };
  const shape = schema.safeParse(yaml.value);
  if (!shape.success) return { candidate: null, problems: shape.error.issues.flatMap((issue) => explainIssue(issue, yaml)) };
  const { rules, window } = shape.data;
  const { baselines, problems: missing } = baselinesNamed(rules, options, options.sha256);
  const problems = rules.flatMap((rule, index) => {
    const lacking = "baseline" in rule && rule.baseline !== undefined ? missing.get(rule.baseline) : undefined;
    if (lacking) return [yaml.problem("WEIR-1605", ["rules", index, "baseline"], lacking)];
    const problem = compileProblem(rule, options, baselines);
    return problem === null ? [] : [yaml.problem("WEIR-1401", ["rules", index], problem)];
  });
  if (problems.length > 0) return { candidate: null, problems };
  return { candidate: { rules, window: window === undefined ? null : resolveWindow(window, rules), baselines }, problems: [] };
}

function compileProblem(
  rule: RuleSpec,
  { contract }: CandidateOptions,
  baselines: ReadonlyMap<string, Baseline>,
): WeirError["problem"] | null {
  try {
    compileRuleSet([rule], { stage: "candidate", contract, baselines, sha256: () => "" });
    return null;
  } catch (error) {
    if (error instanceof WeirError) return error.problem;
    throw error;
  }
}
