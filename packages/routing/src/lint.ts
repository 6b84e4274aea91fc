import { conditionsOf } from "@weir/expr";
import { contains, covers, everything, isEmpty, overlap, regionOf, type Extent, type Region } from "./region.ts";
import type { RouterProblem, RouterSpec } from "./spec.ts";

interface SimpleRule {
  readonly id: string;
  readonly to: string;
  readonly region: Region;
}

/**
 * Rules that never decide, and rules that overlap without one being part of the other. Looks at rules that compare fields
 * with constants, and says nothing of all others. A broad rule after a narrow one is how thresholds are written and no
 * problem.
 */
export function lintRouter(spec: RouterSpec): readonly RouterProblem[] {
  const problems: RouterProblem[] = [];
  const before: SimpleRule[] = [];
  for (const { id, to, when } of spec.rules) {
    const conditions = conditionsOf(when, spec.ctx);
    if (conditions === null) continue;
    const rule: SimpleRule = { id, to, region: regionOf(conditions) };
    const unreachable = unreachableBecause(rule, before);
    if (unreachable !== null) problems.push({ kind: "unreachable", rule: id, ...unreachable });
    else problems.push(...before.filter((earlier) => crosses(earlier, rule)).map((earlier) => crossing(earlier, rule)));
    before.push(rule);
  }
  if (takeEverything(before)) {
    problems.push({
      kind: "unreachable",
      rule: "default",
      message: `nothing is left for the default \`${spec.default}\`: the rules take every value`,
      hint: "make the last rule the default",
    });
  }
  return problems;
}

function unreachableBecause(rule: SimpleRule, before: readonly SimpleRule[]): { readonly message: string; readonly hint: string } | null {
  for (const [path, extent] of rule.region) {
    if (isEmpty(extent)) return { message: `no value of ${path} satisfies all conditions`, hint: "correct the limits" };
  }
  const covering = before.find((earlier) => contains(earlier.region, rule.region));
  if (covering)
    return {
      message: `\`${covering.id}\` takes every record that this rule could take`,
      hint: `put this rule before \`${covering.id}\`, or remove it`,
    };
  for (const [path, extent] of rule.region) {
    if (covers(extentsOn(path, before), extent))
      return { message: `the rules before it take every ${path} that this rule could take`, hint: "put it before them, or remove it" };
  }
  return null;
}

/** Of the rules that look at this field only. */
function extentsOn(path: string, rules: readonly SimpleRule[]): readonly Extent[] {
  return rules.flatMap(({ region }) => {
    const extent = region.get(path);
    return region.size === 1 && extent !== undefined ? [extent] : [];
  });
}

/** Some records match both rules, and each has records of its own: which comes first was perhaps not meant. */
function crosses(earlier: SimpleRule, later: SimpleRule): boolean {
  if (earlier.to === later.to || contains(later.region, earlier.region)) return false;
  const sharesField = [...later.region.keys()].some((path) => earlier.region.has(path));
  return sharesField && overlap(earlier.region, later.region);
}

function crossing(earlier: SimpleRule, later: SimpleRule): RouterProblem {
  return {
    kind: "overlap",
    rule: later.id,
    message: `some records match \`${earlier.id}\` too, which decides since it comes first`,
    hint: "make the conditions exclude each other, or keep the order if it is meant",
  };
}

function takeEverything(rules: readonly SimpleRule[]): boolean {
  if (rules.some(({ region }) => region.size === 0)) return true;
  const paths = new Set(rules.flatMap(({ region }) => [...region.keys()]));
  return [...paths].some((path) => covers(extentsOn(path, rules), everything()));
}
