import type { Contract, FieldRequest } from "@weir/contract";
import { WeirError } from "@weir/record";
import { canonicalJson } from "./canonical.ts";
import type { RowCheck } from "./check.ts";
import { checkOf } from "./check-of.ts";
import { distinctCounter, type DistinctCounter } from "./distinct/distinct-values.ts";
import { createCellPlaces, type CellPlaces, type Placed, type PlacedCounter } from "./drift/cell-places.ts";
import { magnitudeCounter } from "./hint/magnitude-counter.ts";
import type { ScaleRule } from "./hint/unit.ts";
import { figureRule, type FigureRule } from "./figure/figure-rule.ts";
import type { Baseline } from "./drift/baseline.ts";
import { driftRule, type DriftRule } from "./drift/drift-rule.ts";
import { detectorRule } from "./detector/compile-detector.ts";
import type { DetectorRule, DetectorSpec } from "./detector/detector-rule.ts";
import { UNKNOWN_NAMES } from "./names/name-counts.ts";
import { rateTest, wasThere, type RateTest } from "./rate.ts";
import { stopOf, type StopCause } from "./stop-cause.ts";
import { condemnsWindows, defaultAction, judgesWindows } from "./window-kinds.ts";
import { keyReader } from "./unique/key-reader.ts";
import { keyRule, type KeyRule } from "./unique/lane-keys.ts";
import type { Action, OnError, OnInsufficient, RuleSpec, VolumeSpec } from "./spec.ts";

/** A rule, ready to judge. Rules that are off are not among them; `decode` and `schema` only set the reader's options. */
export interface CompiledRule {
  readonly id: string;
  /** `<stage>@<first 8 hex of the rule set's digest>/<rule>` */
  readonly ref: string;
  readonly kind: RuleSpec["kind"];
  readonly scope: "record" | "window";
  readonly mode: "observe" | "enforce";
  readonly action: Action;
  /** What a breach does to the stage; null: nothing. */
  readonly stop: StopCause | null;
  readonly onInsufficient: OnInsufficient;
  readonly onError: OnError;
  /** Null for rules that look at no single row. */
  readonly check: RowCheck | null;
  /** For `drift`: what is compared, and where in the cells of a tally its counts begin. */
  readonly drift: Placed<DriftRule> | null;
  /** For `drift` of numbers: their magnitudes, which tell of another unit; null where they are not counted. */
  readonly scale: Placed<ScaleRule> | null;
  /** For `mean` and `quantile`: the same. */
  readonly figure: Placed<FigureRule> | null;
  /** For `constant`, `cardinality` and `unique` over windows: which of the tally's sets of values is its own. */
  readonly distinct: number | null;
  /** For `newField`: names that are in order. */
  readonly inOrder: ReadonlySet<string> | null;
  /** What the rule looks at, a JSON pointer; null where it is no single field. */
  readonly field: string | null;
  /** For `volume`. */
  readonly volume: VolumeSpec | null;
  /** For `unique`: what it remembers. */
  readonly keys: KeyRule | null;
  /** Do missing rows count as broken (`required`, `nullRate`)? Else they are left out or kept by `denominator`. */
  readonly missingBreaks: boolean;
  readonly denominator: "present" | "all";
  /** A window breaks the rule when more than this many of a million rows do. */
  readonly limitPpm: number;
  /** Above this it is worth a look; null: nothing is. */
  readonly warnPpm: number | null;
  readonly rate: RateTest;
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
  /** Rules over the records as they come; they are not among `rules`. */
  readonly detectors: readonly DetectorRule[];
  /** What a tally counts in cells, and where; `cells` is how many there are. */
  readonly counters: readonly PlacedCounter[];
  readonly cells: number;
  /** Whose different values a tally collects. */
  readonly distinct: readonly DistinctCounter[];
  /** Does a tally count the names of members that the contract does not know? */
  readonly names: boolean;
  readonly requests: readonly FieldRequest[];
  /** Below this window rules answer `insufficient`. */
  readonly minRecords: number;
  /** What has to be remembered of earlier records. */
  readonly keys: readonly KeyRule[];
  /** Can one of its rules stop the stage? */
  readonly stops: boolean;
}

export interface RuleSetOptions {
  readonly stage: string;
  /** By the name that rules call them; those that no rule names are left out. */
  readonly baselines?: ReadonlyMap<string, Baseline>;
  readonly contract: Pick<Contract, "field" | "fields" | "parse">;
  readonly minRecords?: number;
  /** Hex digest of a text. */
  readonly sha256: (text: string) => string;
}

const PPM = 1_000_000;

/** Compiles the rules of a gate. Throws a WeirError for what cannot be judged (yet). */
export function compileRuleSet(specs: readonly RuleSpec[], options: RuleSetOptions): RuleSet {
  const { stage, minRecords = 0 } = options;
  const names = new Set(specs.flatMap((spec) => ("baseline" in spec && spec.baseline !== undefined ? [spec.baseline] : [])));
  const used = [...(options.baselines ?? [])].filter(([name]) => names.has(name));
  // Whoever restores the rule set from its state has no files: the baselines are part of it.
  const baselines = used.length > 0 ? { baselines: Object.fromEntries(used) } : {};
  const scales = specs.some(({ kind }) => kind === "drift");
  return compileCanonical(canonicalJson({ v: 1, stage, minRecords, rules: specs, ...(scales && { scales }), ...baselines }), options);
}

interface Canonical {
  readonly stage: string;
  readonly minRecords: number;
  readonly rules: readonly RuleSpec[];
  /** Are the magnitudes of numbers counted that may drift? Rule sets that were stored before they were do not say so. */
  readonly scales?: true;
  readonly baselines?: Readonly<Record<string, Baseline>>;
}

/** The same from the canonical text: how a rule set comes back from the state. */
export function compileCanonical(canonical: string, options: Pick<RuleSetOptions, "contract" | "sha256">): RuleSet {
  const parsed: Canonical = JSON.parse(canonical);
  const { stage, minRecords } = parsed;
  const context = { ...options, baselines: new Map(Object.entries(parsed.baselines ?? {})), scales: parsed.scales === true };
  const digest = options.sha256(canonical);
  const prefix = `${stage}@${digest.slice(0, 8)}/`;
  const active = parsed.rules.filter((spec) => spec.mode !== "off" && !NOT_JUDGED.has(spec.kind));
  const places = createCellPlaces();
  const distinct: DistinctCounter[] = [];
  const judging = active.filter((spec) => !isDetector(spec));
  const compiled = judging.map((spec) => compileRule(spec, prefix + spec.id, { ...context, places, distinct }));
  // Behind all that rules are judged by: it only gives hints.
  const rules = compiled.map((rule, i) => ({ ...rule, scale: scaleOf(judging[i]!, { ...context, places }) })); // parallel
  const names = rules.some((rule) => rule.inOrder !== null);
  const detectors = active.filter(isDetector).map((spec) => detectorRule(spec, { ...context, ref: prefix + spec.id }));
  return {
    stage,
    digest,
    canonical,
    minRecords,
    rules,
    detectors,
    keys: rules.flatMap((rule) => rule.keys ?? []),
    stops: [...rules, ...detectors].some((rule) => rule.stop !== null),
    counters: places.counters,
    cells: places.size(),
    distinct,
    names,
    requests: [
      ...(names ? [UNKNOWN_NAMES] : []),
      ...rules.flatMap((rule) => rule.check?.requests ?? []),
      ...places.counters.map(({ counter }) => counter.request),
      ...distinct.map((counter) => counter.request),
      ...detectors.map((detector) => detector.request),
    ],
  };
}

/** What the reader does by itself, and what the clock is asked. */
const NOT_JUDGED: ReadonlySet<RuleSpec["kind"]> = new Set(["decode", "schema", "silence"]);

function isDetector(spec: RuleSpec): spec is DetectorSpec {
  return spec.kind === "rateChange" || spec.kind === "level";
}

interface CompileContext extends Pick<RuleSetOptions, "contract" | "sha256"> {
  readonly baselines: ReadonlyMap<string, Baseline>;
  readonly places: CellPlaces;
  readonly distinct: DistinctCounter[];
}

interface ScaleContext extends Pick<CompileContext, "baselines" | "places"> {
  readonly scales: boolean;
}

function compileRule(spec: RuleSpec, ref: string, options: CompileContext): CompiledRule {
  const overWindow = judgesWindows(spec);
  const action = spec.action ?? defaultAction(spec);
  const scope = overWindow || condemnsWindows(action) ? "window" : "record";
  if (scope === "window" && (action === "quarantineRecord" || action === "deadLetter")) {
    throw new WeirError({
      code: "WEIR-2202",
      what: `the rule ${spec.id} judges windows and cannot refuse single records`,
      fix: "use quarantineWindow, tag or alert",
    });
  }
  const reader = spec.kind === "unique" && spec.max === undefined ? keyReader(spec.field, options.contract, options.sha256) : null;
  if (spec.kind === "missingField") wasThere(spec, options.baselines);
  const missingBreaks = MISSING_BREAKS.has(spec.kind);
  return {
    id: spec.id,
    ref,
    kind: spec.kind,
    scope,
    mode: spec.mode === "observe" ? "observe" : "enforce",
    action,
    stop: stopOf(spec),
    onInsufficient: spec.onInsufficient ?? "pass",
    onError: spec.kind === "expr" ? (spec.onError ?? "fail") : "fail",
    check: checkOf(spec, options, reader),
    drift: spec.kind === "drift" ? options.places.place(`${spec.baseline} ${spec.field}`, driftRule(spec, options)) : null,
    scale: null,
    figure: spec.kind === "mean" || spec.kind === "quantile" ? options.places.place(spec.id, figureRule(spec)) : null,
    distinct: distinctOf(spec, options),
    inOrder: spec.kind === "newField" ? new Set(spec.ignore) : null,
    field: "field" in spec ? (spec.field ?? null) : null,
    volume: spec.kind === "volume" ? spec : null,
    keys: spec.kind === "unique" && reader !== null ? keyRule(spec, reader) : null,
    missingBreaks,
    denominator:
      overWindow && !missingBreaks && "denominator" in spec
        ? (spec.denominator ?? "present")
        : missingBreaks || !overWindow
          ? "all"
          : "present",
    limitPpm: limitOf(spec),
    warnPpm: (spec.kind === "nullRate" || spec.kind === "sentinel") && spec.warn !== undefined ? inPpm(spec.id, spec.warn) : null,
    rate: rateTest(spec, limitOf(spec), options.baselines),
    min: isBounded(spec) ? (spec.min ?? -Infinity) : -Infinity,
    max: isBounded(spec) ? (spec.max ?? Infinity) : Infinity,
  };
}

const MISSING_BREAKS: ReadonlySet<RuleSpec["kind"]> = new Set(["nullRate", "nullRise", "required", "missingField"]);

type Bounded = Extract<RuleSpec, { kind: "volume" | "cardinality" | "mean" | "quantile" }>;

function isBounded(spec: RuleSpec): spec is Bounded {
  return spec.kind === "volume" || spec.kind === "cardinality" || spec.kind === "mean" || spec.kind === "quantile";
}

function scaleOf(spec: RuleSpec, { baselines, places, scales }: ScaleContext): Placed<ScaleRule> | null {
  if (spec.kind !== "drift" || !scales) return null;
  const column = baselines.get(spec.baseline)?.columns[spec.field];
  if (column?.kind !== "number") return null;
  return places.place(`${spec.baseline} ${spec.field} scale`, { column, counter: magnitudeCounter(spec.field, column) });
}

/** Values of which a window is said to have each once at most; beyond them a share may not be known. */
const MAX_VALUES = 1_000_000;

/** Whether there is one value is known with two, whether there are too many with one too many. */
function distinctOf(spec: RuleSpec, { contract, distinct }: CompileContext): number | null {
  if (spec.kind === "unique" && spec.max !== undefined)
    return distinct.push(distinctCounter(spec.field ?? "", spec.maxKeys ?? MAX_VALUES, contract)) - 1;
  if (spec.kind !== "constant" && spec.kind !== "cardinality") return null;
  const limit = spec.kind === "constant" ? 1 : Math.max(spec.min ?? 0, spec.max ?? 0);
  return distinct.push(distinctCounter(spec.field, limit, contract)) - 1;
}

/** A field that was always there has gone when it is missing in more than this share. */
const GONE = 0.99;

/** Shares are compared as integers, so they must be whole in millionths. */
function limitOf(spec: RuleSpec): number {
  const share =
    spec.kind === "nullRate" || spec.kind === "sentinel" || spec.kind === "unique"
      ? (spec.max ?? 0)
      : spec.kind === "nullRise"
        ? (spec.minDelta ?? 0.01)
        : spec.kind === "newField"
          ? (spec.minPresence ?? 0.01)
          : spec.kind === "missingField"
            ? GONE
            : spec.kind === "typeChange"
              ? 0.5
              : spec.kind === "driftShare"
                ? spec.share
                : "mostly" in spec && spec.mostly !== undefined
                  ? 1 - spec.mostly
                  : 0;
  return inPpm(spec.id, share);
}

function inPpm(id: string, share: number): number {
  const ppm = Math.round(share * PPM);
  if (Math.abs(share * PPM - ppm) < 1e-6 && ppm >= 0 && ppm <= PPM) return ppm;
  throw new WeirError({
    code: "WEIR-2203",
    what: `the limit ${share} of rule ${id} is no whole number of millionths between 0 and 1`,
    why: "limits are compared as integers, so that a rate equal to the limit passes",
    fix: "give it at most six decimals",
  });
}
