import type { Compared, Measured } from "@weir/stats";
import type { BaselineColumn, Reference } from "./baseline.ts";
import type { DriftRule } from "./drift-rule.ts";

/** What was measured of one column of one window, and against what. Shares and effects to 6 digits. */
export interface DriftEvidence {
  readonly field: string;
  readonly method: string;
  readonly effect: number;
  readonly warn: number;
  readonly fail: number;
  /** Highest bar that was reached by more than noise. */
  readonly level: "none" | "warn" | "fail";
  /** What noise alone exceeds with probability `alpha`; null where the method decides by p or by reference windows. */
  readonly floor: number | null;
  readonly p: number | null;
  /** After correction for the other rules of the window. */
  readonly alpha: number | null;
  /** Mean and three standard deviations of windows known to be good, if there are 20 of them. */
  readonly calibratedBar: number | null;
  /** Records of the window, records of the baseline, cells. */
  readonly n: number;
  readonly m: number;
  readonly cells: number;
  /** The cells that contribute most. */
  readonly top: readonly { readonly cell: string; readonly baseline: number; readonly window: number }[];
  readonly baseline: string;
}

/** One column measured, not yet decided: the level of the test depends on the other rules of the window. */
export interface MeasuredDrift {
  readonly rule: DriftRule;
  readonly n: number;
  readonly m: number;
  readonly window: Float64Array;
  /** Null while there is not enough evidence; `why` says so. */
  readonly measured: Measured | null;
  readonly why: string | null;
}

/** Baselines and windows below these say nothing. */
const BASELINE_MIN = 1000;
const WINDOW_MIN = 100;
const PER_CELL_MIN = 5;
/** Reference windows that a calibrated bar stands on, and how many deviations it lies above their mean. */
const REFERENCES_MIN = 20;
const DEVIATIONS = 3;
const TOP_CELLS = 3;

export function measureDrift(rule: DriftRule, window: Float64Array, minRecords: number): MeasuredDrift {
  const { column } = rule;
  const n = window.reduce((sum, count) => sum + count, 0);
  const m = column.counts.reduce((sum, count) => sum + count, 0);
  const why = lack(rule, n, m, minRecords);
  return { rule, n, m, window, measured: why === null ? rule.distance.measure(comparedOf(rule, window)) : null, why };
}

/** Is the effect drift at this level of the test? */
export function isDrift({ rule, measured }: MeasuredDrift, alpha: number): boolean {
  return measured !== null && measured.effect >= rule.fail && isReal(rule, measured, alpha);
}

export function evidenceOf(drift: MeasuredDrift, alpha: number): DriftEvidence | null {
  const { rule, measured, n, m, window } = drift;
  if (measured === null) return null;
  const real = isReal(rule, measured, alpha);
  return {
    field: rule.field,
    method: rule.distance.name,
    effect: short(measured.effect),
    warn: rule.warn,
    fail: rule.fail,
    level: !real || measured.effect < Math.min(rule.warn, rule.fail) ? "none" : measured.effect >= rule.fail ? "fail" : "warn",
    floor: shortOrNull(rule.judge === "exact" ? null : measured.floor(alpha)),
    p: shortOrNull(measured.p),
    alpha: rule.judge === "exact" ? null : short(alpha),
    calibratedBar: shortOrNull(calibratedBar(rule)),
    n,
    m,
    cells: rule.column.cells.length,
    top: topCells(rule.column, window, measured, { n, m }),
    baseline: rule.baseline,
  };
}

/** More than noise, and more than windows differ that are known to be good. */
function isReal(rule: DriftRule, { effect, p }: Measured, alpha: number): boolean {
  if (rule.judge === "exact") return true;
  const bar = calibratedBar(rule);
  return (p === null || p <= alpha) && (bar === null || effect > bar);
}

function lack(rule: DriftRule, n: number, m: number, minRecords: number): string | null {
  const { column, distance, judge } = rule;
  const least = Math.max(WINDOW_MIN, PER_CELL_MIN * column.cells.length, minRecords);
  if (m < BASELINE_MIN) return `the baseline has ${m} records, at least ${BASELINE_MIN} are needed`;
  if (n < least) return `${n} records, at least ${least} are needed`;
  if (judge === "exact") return null;
  const references = column.references[distance.name]?.windows ?? 0;
  if (references >= REFERENCES_MIN) return null;
  if (distance.name === "wasserstein")
    return `no formula gives the noise of wasserstein: the baseline needs ${REFERENCES_MIN} reference windows`;
  if (column.calibrated === "required")
    return `windows of ${rule.field} differ by more than chance: the baseline needs ${REFERENCES_MIN} reference windows of ${distance.name}`;
  return null;
}

function calibratedBar({ column, distance }: DriftRule): number | null {
  const reference: Reference | undefined = column.references[distance.name];
  return reference && reference.windows >= REFERENCES_MIN ? reference.mean + DEVIATIONS * reference.sd : null;
}

function comparedOf({ column, cell }: DriftRule, window: Float64Array): Compared {
  return {
    baseline: column.counts,
    window,
    ...(cell !== null && { cell }),
    ...(column.kind === "number" && { positions: positionsOf(column), sigma: column.sigma }),
  };
}

/** The middle of a bin; below and above the baseline its ends, however far out a value lies. */
function positionsOf({ min, max, edges, cells }: Extract<BaselineColumn, { kind: "number" }>): number[] {
  const ends = [min, ...edges, max];
  const bins = ends.slice(1).map((end, i) => (end + (ends[i] ?? min)) / 2);
  return cells.map((_, i) => (i === 0 ? min : i <= bins.length ? (bins[i - 1] ?? NaN) : i === bins.length + 1 ? max : NaN));
}

function topCells(
  column: BaselineColumn,
  window: Float64Array,
  { parts }: Measured,
  { n, m }: { readonly n: number; readonly m: number },
): DriftEvidence["top"] {
  return (
    column.cells
      // What lies in neither adds only by smoothing.
      .map((cell, i) => ({
        cell,
        part: window[i] === 0 && column.counts[i] === 0 ? -1 : (parts[i] ?? 0),
        baseline: short((column.counts[i] ?? 0) / m),
        window: short((window[i] ?? 0) / n),
      }))
      .sort((a, b) => b.part - a.part)
      .slice(0, TOP_CELLS)
      .map(({ cell, baseline, window: share }) => ({ cell, baseline, window: share }))
  );
}

function short(x: number): number {
  return Number(x.toPrecision(6));
}

function shortOrNull(x: number | null): number | null {
  return x === null ? null : short(x);
}
