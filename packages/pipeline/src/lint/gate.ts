import { condemnsWindows, judgesStreams, judgesWindows, type RuleSpec } from "@weir/rules";
import type { GateSpec } from "../pipeline.ts";
import type { Path, SpecProblem } from "../problems.ts";
import { quarantinesWindows } from "../resolve.ts";
import { lintBreaker } from "./breaker.ts";
import type { Draft } from "./draft.ts";
import { lintSliding } from "./sliding.ts";
import { lintStops } from "./stops.ts";

const DAY_MS = 86_400_000;

/** Whether the rules and the window of a gate can do together what they say. */
export function lintGate(draft: Draft, gate: GateSpec): readonly SpecProblem[] {
  return [
    ...gate.rules.flatMap((rule, index) => ruleProblems(draft, gate, rule, index)),
    ...sameIds(draft, gate.id, gate.rules),
    ...sameKeys(draft, gate),
    ...windowProblems(draft, gate),
    ...lintBreaker(draft, gate),
    ...lintSliding(draft, gate),
    ...lintStops(draft, gate),
    ...sequencedProblems(draft, gate),
  ];
}

/** What goes on before a verdict is not held, but nothing comes after it. */
const stopsStage = ({ action }: RuleSpec): boolean => action === "pause" || action === "halt";

const remembers = (rule: RuleSpec): boolean => rule.kind === "rateChange" || rule.kind === "level" || isUniqueOfAll(rule);

/** Is it judged over the records of the partition, not over those of a window? */
function isUniqueOfAll(rule: RuleSpec): boolean {
  return rule.kind === "unique" && rule.max === undefined;
}

/** A record that waited behind another is judged when its turn comes: then its window is over, and what it was compared with is gone. */
function sequencedProblems(draft: Draft, gate: GateSpec): readonly SpecProblem[] {
  const index = gate.rules.findIndex(remembers);
  if (gate.onFailure.sequenced !== true || (gate.window === undefined && index < 0)) return [];
  const part: Path = gate.window === undefined ? ["rules", index, "kind"] : ["window"];
  return [
    draft.yaml.problem("WEIR-1804", ["stages", gate.id, ...part], {
      what: "a gate that judges windows or remembers records cannot keep the order of keys",
      why: "what waits behind a failed record is judged later than it came",
      fix: "give the gate onFailure: {sequenced: false}; the stages behind it can keep the order",
    }),
  ];
}

export function sameIds(draft: Draft, stage: string, rules: readonly { readonly id: string }[]): readonly SpecProblem[] {
  return rules.flatMap((rule, index) => {
    const first = rules.findIndex((other) => other.id === rule.id);
    if (first === index) return [];
    return [
      draft.yaml.problem("WEIR-1404", ["stages", stage, "rules", index, "id"], {
        what: `the id \`${rule.id}\` is taken by rule ${first + 1} already`,
        fix: "give one of them another id",
      }),
    ];
  });
}

/** Two rules `unique` of one field would share what is remembered, but not for how long. */
function sameKeys(draft: Draft, gate: GateSpec): readonly SpecProblem[] {
  return gate.rules.flatMap((rule, index) => {
    const first = gate.rules.findIndex(
      (other) => isUniqueOfAll(other) && rule.kind === "unique" && other.kind === "unique" && other.field === rule.field,
    );
    if (rule.kind !== "unique" || !isUniqueOfAll(rule) || first === index) return [];
    return [
      draft.yaml.problem("WEIR-1804", ["stages", gate.id, "rules", index, "kind"], {
        what: `rule ${first + 1} remembers ${rule.field ?? "the record's id"} already`,
        fix: "keep one of them, with the longer horizon",
      }),
    ];
  });
}

function ruleProblems(draft: Draft, gate: GateSpec, rule: RuleSpec, index: number): readonly SpecProblem[] {
  const path: Path = ["stages", gate.id, "rules", index];
  const atAction: Path = rule.action === undefined ? [...path, "kind"] : [...path, "action"];
  const overWindow = judgesWindows(rule) || (rule.action !== undefined && condemnsWindows(rule.action) && !judgesStreams(rule));
  if (overWindow && gate.window === undefined) {
    return [
      draft.yaml.problem("WEIR-1801", atAction, {
        what: `the rule \`${rule.id}\` judges windows, but the gate has none`,
        fix: "add window: {kind: time, every: 1d} or {kind: count, size: 500} to the gate",
      }),
    ];
  }
  if (quarantinesWindows(rule) && !stopsStage(rule) && gate.window?.hold === false && gate.window.breaker === undefined) {
    return [
      draft.yaml.problem("WEIR-1802", atAction, {
        what: `the rule \`${rule.id}\` cannot quarantine a window that is not held`,
        why: "its records have gone on before it is judged",
        fix: "remove hold: false from the window, give it a breaker: {}, or use action: alert or tag",
      }),
    ];
  }
  if (judgesWindows(rule) && (rule.action === "quarantineRecord" || rule.action === "deadLetter")) {
    return [
      draft.yaml.problem("WEIR-1804", atAction, {
        what: `a rule over windows cannot ${rule.action === "deadLetter" ? "dead-letter" : "quarantine"} single records`,
        fix: "use quarantineWindow, tag or alert",
      }),
    ];
  }
  if (rule.kind === "complete" && rule.onInsufficient === "mergeNext")
    return [
      draft.yaml.problem("WEIR-1804", [...path, "onInsufficient"], {
        what: "a batch of which nothing was said is not more complete together with the next one",
        fix: "use pass or quarantine",
      }),
    ];
  if (rule.kind === "complete" && gate.window?.kind !== "batch")
    return [
      draft.yaml.problem("WEIR-1804", [...path, "kind"], {
        what: "only a batch can be complete",
        why: "its producer says in headers how many records it has",
        fix: "make the window kind: batch, or use kind: volume",
      }),
    ];
  if (rule.kind === "unique" && rule.max !== undefined) {
    const problem = uniqueProblem(gate, rule);
    if (problem !== null) return [draft.yaml.problem("WEIR-1804", [...path, problem.at], problem.said)];
  }
  if (rule.kind === "volume" && (rule.ratio || rule.season)) {
    const problem = volumeProblem(gate, rule);
    if (problem !== null) return [draft.yaml.problem("WEIR-1804", [...path, rule.season ? "season" : "ratio"], problem)];
  }
  const always = rule.kind === "decode" || rule.kind === "schema";
  if (always && (rule.mode === "off" || rule.mode === "observe" || (rule.action !== undefined && rule.action !== "deadLetter"))) {
    return [
      draft.yaml.problem("WEIR-1804", rule.mode === undefined ? atAction : [...path, "mode"], {
        what: `\`${rule.kind}\` is always enforced and dead-letters`,
        why: "a record that cannot be read cannot be processed",
        fix: "remove mode and action from this rule",
      }),
    ];
  }
  return [];
}

/** Who compares a window with those before must know which they were. */
/** Values of a window that lie in the state, each with up to 17 characters, in one record of 2 MiB at most. */
const MAX_SAVED_VALUES = 50_000;

function uniqueProblem(
  { window }: GateSpec,
  { field, horizon, maxKeys = Infinity }: Extract<RuleSpec, { kind: "unique" }>,
): { readonly at: string; readonly said: { readonly what: string; readonly why?: string; readonly fix: string } } | null {
  if (field === undefined) return { at: "max", said: { what: "over windows `unique` needs a field", fix: "name it: field: /id" } };
  if (horizon !== undefined)
    return {
      at: "horizon",
      said: { what: "a window needs no horizon", fix: "remove horizon, or max to compare with all records within it" },
    };
  const isSaved =
    window?.kind === "sliding" || ((window?.kind === "time" || window?.kind === "batch") && (window.scope ?? "partition") !== "partition");
  if (!isSaved || maxKeys <= MAX_SAVED_VALUES) return null;
  return {
    at: "max",
    said: {
      what: "the values of these windows are part of the state",
      why: `windows that slide or span partitions or keys are put together from parts, of at most ${MAX_SAVED_VALUES} values each`,
      fix: `add maxKeys: ${MAX_SAVED_VALUES} or less`,
    },
  };
}

function volumeProblem(
  { window }: GateSpec,
  { onInsufficient, season }: Extract<RuleSpec, { kind: "volume" }>,
): { readonly what: string; readonly fix: string } | null {
  if (window?.kind === "time" && window.scope === "key")
    return { what: "windows of keys remember nothing of those before", fix: "use min and max, or scope: partition" };
  if (onInsufficient === "mergeNext")
    return { what: "a window without one before it cannot be merged into the next one", fix: "use onInsufficient: pass or quarantine" };
  if (season && window?.kind !== "time" && window?.kind !== "sliding")
    return { what: "`season` needs windows of time", fix: "use window: {kind: time, …}, or ratio" };
  return null;
}

/** What windows that are judged together, or key by key, cannot do. */
function scopeProblems(draft: Draft, gate: GateSpec, scope: "global" | "key"): readonly SpecProblem[] {
  return gate.rules.flatMap((rule, index) => {
    const path: Path = ["stages", gate.id, "rules", index];
    if (rule.onInsufficient === "mergeNext") {
      const what = `windows ${scope === "global" ? "over all partitions" : "of keys"} cannot be merged into the next one`;
      return [draft.yaml.problem("WEIR-1804", [...path, "onInsufficient"], { what, fix: "use pass or quarantine, or scope: partition" })];
    }
    if (scope === "global" || (rule.kind !== "drift" && rule.kind !== "driftShare")) return [];
    return [
      draft.yaml.problem("WEIR-1804", [...path, "kind"], {
        what: `\`${rule.kind}\` is not judged key by key`,
        why: "a baseline describes all keys together",
        fix: "use mean, quantile or nullRate, or a gate of its own with scope: partition",
      }),
    ];
  });
}

function windowProblems(draft: Draft, gate: GateSpec): readonly SpecProblem[] {
  const window = gate.window;
  const path: Path = ["stages", gate.id, "window"];
  if (window?.kind === "count") {
    if ((window.minRecords ?? 0) <= window.size) return [];
    return [
      draft.yaml.problem("WEIR-1804", [...path, "minRecords"], {
        what: `no window of ${window.size} records ever has ${window.minRecords}`,
        fix: `at most ${window.size}`,
      }),
    ];
  }
  if (window?.kind === "batch") return window.scope === "global" ? scopeProblems(draft, gate, "global") : [];
  if (window?.kind !== "time" && window?.kind !== "sliding") return [];
  const problems: SpecProblem[] = [];
  const contradiction = (key: string, what: string, fix: string): void =>
    void problems.push(draft.yaml.problem("WEIR-1804", [...path, key], { what, fix }));
  if (draft.record !== null && draft.record.time === null) {
    problems.push(
      draft.yaml.problem("WEIR-1803", [...path, "kind"], {
        severity: "warning",
        what: "windows follow the records' timestamps",
        why: "record.time is not set",
        fix: "set record.time: /FIELD, if records have an event time",
      }),
    );
  }
  if (window.offset !== undefined && window.offset >= window.every)
    contradiction("offset", "`offset` must be shorter than `every`", "subtract `every` from it");
  if (window.kind === "sliding") return problems;
  if (window.scope === "global" || window.scope === "key") problems.push(...scopeProblems(draft, gate, window.scope));
  if ((window.scope === "key") !== (window.by !== undefined))
    contradiction(
      window.by === undefined ? "scope" : "by",
      window.by === undefined ? "scope: key needs `by`, the field whose values are the keys" : "`by` is for scope: key",
      window.by === undefined ? "add by: /FIELD" : "add scope: key, or remove it",
    );
  if (window.offset !== undefined && window.timezone !== undefined)
    contradiction("offset", "`offset` and `timezone` both place the boundaries", "keep one of them");
  if (window.timezone !== undefined && window.every !== DAY_MS)
    contradiction("timezone", "`timezone` is for windows of one day", "write every: 1d, or use offset");
  return problems;
}
