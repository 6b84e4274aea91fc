import type { GateSpec } from "../pipeline.ts";
import type { Path, SpecProblem } from "../problems.ts";
import { quarantinesWindows } from "../resolve.ts";
import type { Draft } from "./draft.ts";

/** What a gate whose windows have a breaker cannot do. */
export function lintBreaker(draft: Draft, { id, window, rules }: GateSpec): readonly SpecProblem[] {
  if (window?.breaker === undefined) return [];
  const problems: SpecProblem[] = [];
  const path: Path = ["stages", id, "window"];
  const contradiction = (at: Path, what: string, why: string, fix: string): void =>
    void problems.push(draft.yaml.problem("WEIR-1804", at, { what, why, fix }));
  if (window.hold)
    contradiction([...path, "hold"], "`hold` and `breaker` both say what becomes of records", "with a breaker they flow while the window is open", "keep one of them"); // prettier-ignore
  if ((window.kind === "time" || window.kind === "batch") && window.scope !== undefined && window.scope !== "partition")
    contradiction([...path, "scope"], `a breaker is not there for scope: ${window.scope}`, "it judges and diverts every partition for itself", "use scope: partition, or hold: true"); // prettier-ignore
  rules.forEach((rule, index) => {
    if (rule.onInsufficient !== "mergeNext") return;
    const at: Path = ["stages", id, "rules", index, "onInsufficient"];
    contradiction(at, "a window of which records flow cannot be merged into the next one", "a breaker would learn of it a window later", "use pass or quarantine, or hold: true"); // prettier-ignore
  });
  if (!rules.some((rule) => quarantinesWindows(rule) || rule.onInsufficient === "quarantine"))
    problems.push(
      draft.yaml.problem("WEIR-1804", [...path, "breaker"], {
        severity: "warning",
        what: "no rule can trip the breaker",
        why: "only rules with quarantineWindow do",
        fix: "let a rule have action: quarantineWindow, or remove `breaker`",
      }),
    );
  return problems;
}
