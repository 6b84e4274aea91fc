import type { Contract, FieldRequest } from "@weir/contract";
import { WeirError } from "@weir/record";
import { canonicalJson } from "./canonical.ts";
import type { RowCheck } from "./check.ts";
import { checkOf } from "./check-of.ts";
import { refuseUnsupported } from "./unsupported.ts";
import type { Action, OnError, OnInsufficient, RuleSpec } from "./spec.ts";

/** A rule, ready to judge. Rules that are off are not among them; `decode` and `schema` only set the reader's options. */
export interface CompiledRule {
  readonly id: string;
  /** `<stage>@<first 8 hex of the rule set's digest>/<rule>` */
  readonly ref: string;
  readonly kind: RuleSpec["kind"];
  readonly scope: "record" | "window";
  readonly mode: "observe" | "enforce";
  readonly action: Action;
  readonly onInsufficient: OnInsufficient;
  readonly onError: OnError;
  /** Null for `volume`, which looks at no row. */
  readonly check: RowCheck | null;
  /** Do missing rows count as broken (`required`, `nullRate`)? Else they are left out or kept by `denominator`. */
  readonly missingBreaks: boolean;
  readonly denominator: "present" | "all";
  /** A window breaks the rule when more than this many of a million rows do. */
  readonly limitPpm: number;
  readonly min: number;
  readonly max: number;
}

/** A versioned list of rules. */
export interface RuleSet {
  readonly stage: string;
  /** SHA-256 of `canonical`, hex. */
  readonly digest: string;
  readonly canonical: string;
  readonly rules: readonly CompiledRule[];
  readonly requests: readonly FieldRequest[];
  /** Below this window rules answer `insufficient`. */
  readonly minRecords: number;
}

export interface RuleSetOptions {
  readonly stage: string;
  readonly contract: Pick<Contract, "field" | "fields">;
  readonly minRecords?: number;
  /** Hex digest of a text. */
  readonly sha256: (text: string) => string;
}

const PPM = 1_000_000;

/** Compiles the rules of a gate. Throws a WeirError for what cannot be judged (yet). */
export function compileRuleSet(specs: readonly RuleSpec[], options: RuleSetOptions): RuleSet {
  return compileCanonical(canonicalJson({ v: 1, stage: options.stage, minRecords: options.minRecords ?? 0, rules: specs }), options);
}

/** The same from the canonical text: how a rule set comes back from the state. */
export function compileCanonical(canonical: string, options: Pick<RuleSetOptions, "contract" | "sha256">): RuleSet {
  const parsed: { readonly stage: string; readonly minRecords: number; readonly rules: readonly RuleSpec[] } = JSON.parse(canonical);
  const { stage, minRecords } = parsed;
  const digest = options.sha256(canonical);
  const prefix = `${stage}@${digest.slice(0, 8)}/`;
  const rules = parsed.rules
    .filter((spec) => spec.mode !== "off" && spec.kind !== "decode" && spec.kind !== "schema")
    .map((spec) => compileRule(spec, prefix + spec.id, options));
  return { stage, digest, canonical, minRecords, rules, requests: rules.flatMap((rule) => rule.check?.requests ?? []) };
}

function compileRule(spec: RuleSpec, ref: string, options: Pick<RuleSetOptions, "contract">): CompiledRule {
  refuseUnsupported(spec);
  const overWindow = spec.kind === "nullRate" || spec.kind === "volume" || ("mostly" in spec && spec.mostly !== undefined);
  const action = spec.action ?? (overWindow ? "quarantineWindow" : "quarantineRecord");
  const scope = overWindow || action === "quarantineWindow" ? "window" : "record";
  if (scope === "window" && (action === "quarantineRecord" || action === "deadLetter")) {
    throw new WeirError({
      code: "WEIR-2202",
      what: `the rule ${spec.id} judges windows and cannot refuse single records`,
      fix: "use quarantineWindow, tag or alert",
    });
  }
  const missingBreaks = spec.kind === "nullRate" || spec.kind === "required";
  return {
    id: spec.id,
    ref,
    kind: spec.kind,
    scope,
    mode: spec.mode === "observe" ? "observe" : "enforce",
    action,
    onInsufficient: spec.onInsufficient ?? "pass",
    onError: spec.kind === "expr" ? (spec.onError ?? "fail") : "fail",
    check: checkOf(spec, options.contract),
    missingBreaks,
    denominator:
      overWindow && !missingBreaks && "denominator" in spec
        ? (spec.denominator ?? "present")
        : missingBreaks || !overWindow
          ? "all"
          : "present",
    limitPpm: limitOf(spec),
    min: spec.kind === "volume" ? (spec.min ?? 0) : 0,
    max: spec.kind === "volume" ? (spec.max ?? Infinity) : Infinity,
  };
}

/** Shares are compared as integers, so they must be whole in millionths. */
function limitOf(spec: RuleSpec): number {
  const share = spec.kind === "nullRate" ? spec.max : "mostly" in spec && spec.mostly !== undefined ? 1 - spec.mostly : 0;
  const ppm = Math.round(share * PPM);
  if (Math.abs(share * PPM - ppm) < 1e-6 && ppm >= 0 && ppm <= PPM) return ppm;
  throw new WeirError({
    code: "WEIR-2203",
    what: `the limit ${share} of rule ${spec.id} is no whole number of millionths between 0 and 1`,
    why: "limits are compared as integers, so that a rate equal to the limit passes",
    fix: "give it at most six decimals",
  });
}
