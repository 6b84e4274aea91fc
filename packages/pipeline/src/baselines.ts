import type { Sha256 } from "@weir/deadletter";
import { WeirError } from "@weir/record";
import { parseBaseline, type Baseline, type RuleSpec } from "@weir/rules";
import type { Folder } from "./models.ts";
import type { StageSpec } from "./pipeline.ts";

export interface BaselineProblem {
  readonly what: string;
  readonly why?: string | undefined;
  readonly fix?: string | undefined;
}

export interface FoundBaselines {
  readonly baselines: ReadonlyMap<string, Baseline>;
  readonly problems: ReadonlyMap<string, BaselineProblem>;
}

/** The baselines that rules name, by the name that they use; or why one cannot be used. */
export function findBaselines(stages: Iterable<StageSpec>, folder: Folder, sha256: Sha256): FoundBaselines {
  return baselinesNamed(
    [...stages].flatMap((stage) => (stage.type === "gate" ? stage.rules : [])),
    folder,
    sha256,
  );
}

export function baselinesNamed(rules: readonly RuleSpec[], folder: Folder, sha256: Sha256): FoundBaselines {
  const baselines = new Map<string, Baseline>();
  const problems = new Map<string, BaselineProblem>();
  for (const name of new Set(rules.flatMap(baselineOf))) {
    const found = findBaseline(name, folder, sha256);
    if ("what" in found) problems.set(name, found);
    else baselines.set(name, found);
  }
  return { baselines, problems };
}

function findBaseline(name: string, folder: Folder, sha256: Sha256): Baseline | BaselineProblem {
  const text = folder.readText(name);
  if (text === null) {
    const fix = "correct the path, which is relative to the pipeline's folder, or make it with weir gate learn";
    return { what: `there is no file ${name}`, fix };
  }
  try {
    return parseBaseline(text, name, sha256);
  } catch (error) {
    if (!(error instanceof WeirError)) throw error;
    const { where, why, fix } = error.problem;
    return { what: `the baseline cannot be used (${where})`, why, fix };
  }
}

export function baselineOf(rule: RuleSpec): string[] {
  return "baseline" in rule && rule.baseline !== undefined ? [rule.baseline] : [];
}
