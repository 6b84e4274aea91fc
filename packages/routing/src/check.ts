import { branchesOf, DEAD_LETTER_PORT, MAX_BRANCHES, type RouterProblem, type RouterSpec } from "./spec.ts";

/** Everything that keeps a router from working, but for its expressions. */
export function checkSpec(spec: RouterSpec): readonly RouterProblem[] {
  return [...ruleProblems(spec), ...defaultProblems(spec), ...branchProblems(spec), ...sampleProblems(spec)];
}

function ruleProblems(spec: RouterSpec): readonly RouterProblem[] {
  const seen = new Set<string>();
  return spec.rules.flatMap(({ id }): readonly RouterProblem[] => {
    if (id === "") return [{ kind: "rule", rule: id, message: "a rule has no id" }];
    if (id === "default")
      return [
        { kind: "rule", rule: id, message: "`default` is the name of the decision that no rule made", hint: "give the rule another id" },
      ];
    if (seen.has(id)) return [{ kind: "rule", rule: id, message: `two rules have the id \`${id}\``, hint: "give one of them another id" }];
    seen.add(id);
    return [];
  });
}

function defaultProblems(spec: RouterSpec): readonly RouterProblem[] {
  if (spec.default !== "") return [];
  return [
    { kind: "default", rule: "default", message: "the router has no default", hint: "name the branch of the records that no rule takes" },
  ];
}

function branchProblems(spec: RouterSpec): readonly RouterProblem[] {
  const branches = branchesOf(spec);
  const problems: RouterProblem[] = [];
  if (branches.includes(DEAD_LETTER_PORT)) {
    problems.push({
      kind: "branch",
      rule: null,
      message: `\`${DEAD_LETTER_PORT}\` is where dead letters go and cannot be a branch`,
      hint: "choose another name",
    });
  }
  if (branches.length > MAX_BRANCHES)
    problems.push({
      kind: "branch",
      rule: null,
      message: `the router has ${branches.length} branches, at most ${MAX_BRANCHES} are possible`,
    });
  for (const rule of spec.rules)
    if (rule.to === "")
      problems.push({ kind: "branch", rule: rule.id, message: "the rule leads nowhere", hint: "name a branch: to: NAME" });
  return problems;
}

function sampleProblems({ sample }: RouterSpec): readonly RouterProblem[] {
  if (!sample || (sample.share >= 0 && sample.share <= 1)) return [];
  return [{ kind: "sample", rule: null, message: `a share of ${sample.share} is not possible`, hint: "a share is between 0 and 1" }];
}
