import type { GateSpec } from "../pipeline.ts";
import type { Path, SpecProblem } from "../problems.ts";
import type { Draft } from "./draft.ts";

/** Closed panes that a window reaches back to are in memory and in the state. */
const MAX_PANES = 1440;

/** What a gate whose windows slide cannot do. */
export function lintSliding(draft: Draft, { id, window, rules }: GateSpec): readonly SpecProblem[] {
  if (window?.kind !== "sliding") return [];
  const problems: SpecProblem[] = [];
  const contradiction = (at: Path, said: { readonly what: string; readonly why?: string; readonly fix: string }): void =>
    void problems.push(draft.yaml.problem("WEIR-1804", ["stages", id, ...at], said));
  const panes = window.over / window.every;
  if (panes < 2 || !Number.isInteger(panes))
    contradiction(["window", "over"], {
      what: "`over` is not a whole number of panes, two at least",
      why: "a pane is as long as `every`",
      fix: "make it a multiple of `every`, or use kind: time for windows of one pane",
    });
  else if (panes > MAX_PANES)
    contradiction(["window", "over"], {
      what: `a window has ${panes} panes, at most ${MAX_PANES} are kept`,
      fix: "make `every` longer or `over` shorter",
    });
  rules.forEach((rule, index) => {
    if (rule.onInsufficient === "mergeNext")
      contradiction(["rules", index, "onInsufficient"], {
        what: "a window that slides cannot be merged into the next one",
        why: "its panes are part of the next windows already",
        fix: "use pass or quarantine, or a longer `over`",
      });
    if (rule.kind === "volume" && (rule.ratio || rule.season))
      contradiction(["rules", index, rule.season ? "season" : "ratio"], {
        what: "windows that slide are not compared with those before",
        why: "they have most of their records in common",
        fix: "use min and max, or kind: time",
      });
  });
  return problems;
}
