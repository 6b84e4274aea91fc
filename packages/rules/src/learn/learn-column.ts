import { ABSENT, NULL, PRESENT, type NumberColumn, type StringColumn } from "@weir/record";
import { addValue, distances, NO_MOMENTS, quantileCells, varianceOf, type DistanceName } from "@weir/stats";
import { leadingCells, type BaselineColumn, type Reference } from "../drift/baseline.ts";
import { cellCounter } from "../drift/cell-counter.ts";
import { driftRule, type DriftRule } from "../drift/drift-rule.ts";
import { measureDrift } from "../drift/measure.ts";

/** Rows of one window known to be good, all together. */
export interface RowRange {
  readonly first: number;
  readonly end: number;
}

/** Categories with a cell of their own. */
export const OWN_CELLS = 20;

export interface LearnedColumn {
  readonly column: BaselineColumn;
  /** Windows that lie further from the others than chance allows, of those that were large enough. */
  readonly beyondChance: number;
  readonly windows: number;
  readonly missing: number;
  readonly rows: number;
  /** Largest share of missing values in a window. */
  readonly worstMissing: number;
  /** Categories that were seen once: about the share of records that will bring a new one. */
  readonly singletons: number;
}

/** Cells, counts and reference windows of one field. Null when no record has a value. */
export function learnColumn(sample: NumberColumn | StringColumn, windows: readonly RowRange[]): LearnedColumn | null {
  const empty = sample.kind === "number" ? numberCells(sample) : categoryCells(sample);
  if (empty === null) return null;
  const counter = cellCounter("", empty.column);
  const rows = sample.presence.length;
  const counted = new Uint8Array(rows).fill(1);
  const countsOf = ({ first, end }: RowRange): Float64Array => {
    const cells = new Float64Array(counter.size);
    counter.count({ column: sample, counted, first, end }, cells, 0);
    return cells;
  };
  const whole = { ...empty.column, counts: [...countsOf({ first: 0, end: rows })] };
  const { references, beyondChance, measured } = learnReferences(whole, windows.map(countsOf));
  const calibrated = measured > 0 && beyondChance > measured * DIFFERENT_SHARE ? "required" : "optional";
  const missingIn = ({ first, end }: RowRange): number => {
    let n = 0;
    for (let row = first; row < end; row++) if (sample.presence[row] === NULL || sample.presence[row] === ABSENT) n++;
    return n;
  };
  return {
    column: { ...whole, references, calibrated },
    beyondChance,
    windows: measured,
    missing: missingIn({ first: 0, end: rows }),
    worstMissing: windows.reduce((worst, window) => Math.max(worst, missingIn(window) / (window.end - window.first)), 0),
    rows,
    singletons: empty.singletons,
  };
}

/** With more windows than these beyond the noise floor at 1 %, the windows share causes that chance does not explain. */
const DIFFERENT_SHARE = 0.1;
const NOISE_LEVEL = 0.01;

interface EmptyColumn {
  readonly column: BaselineColumn;
  readonly singletons: number;
}

const NOT_YET = { counts: [], references: {}, calibrated: "optional" } as const;

function numberCells({ values, presence }: NumberColumn): EmptyColumn | null {
  const sorted = values.filter((x, row) => presence[row] === PRESENT && Number.isFinite(x)).sort();
  if (sorted.length === 0) return null;
  const { min, max, edges } = quantileCells(sorted);
  const moments = sorted.reduce(addValue, NO_MOMENTS);
  const sigma = Math.sqrt(varianceOf(moments)) || 0;
  const cells = [...leadingCells({ kind: "number", edges }), "null"];
  return { column: { kind: "number", min, max, edges, mean: moments.mean, sigma, cells, ...NOT_YET }, singletons: 0 };
}

function categoryCells({ codes, dictionary }: StringColumn): EmptyColumn | null {
  const counts = new Float64Array(dictionary.length);
  for (const code of codes) if (code >= 0) counts[code]!++; // codes are within the dictionary
  const seen = dictionary.map((value, code) => ({ value, count: counts[code]! })).filter(({ count }) => count > 0);
  if (seen.length === 0) return null;
  seen.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
  const values = seen
    .slice(0, OWN_CELLS)
    .map(({ value }) => value)
    .sort();
  const others = seen
    .slice(OWN_CELLS)
    .map(({ value }) => value)
    .sort();
  const cells = [...values, ...(others.length > 0 ? ["other"] : []), "unseen", "null"];
  return { column: { kind: "category", values, others, cells, ...NOT_YET }, singletons: seen.filter(({ count }) => count === 1).length };
}

interface References {
  readonly references: Partial<Record<DistanceName, Reference>>;
  readonly beyondChance: number;
  readonly measured: number;
}

/** How far every window lies from all the others together, by every method that needs no further choice. */
function learnReferences(whole: BaselineColumn, windows: readonly Float64Array[]): References {
  const effects = new Map<DistanceName, number[]>();
  let beyondChance = 0;
  let measured = 0;
  for (const window of windows) {
    const rest = { ...whole, counts: whole.counts.map((count, i) => count - window[i]!) }; // of one length
    for (const { name } of Object.values(distances)) {
      if (name === "proportion" || (whole.kind === "category" && (name === "ks" || name === "wasserstein"))) continue;
      const { measured: found } = measureDrift(ruleOf(rest, name), window, 0);
      if (found === null) continue;
      effects.set(name, [...(effects.get(name) ?? []), found.effect]);
      if (name !== "js") continue;
      measured++;
      if (found.p !== null && found.p <= NOISE_LEVEL) beyondChance++;
    }
  }
  return { references: Object.fromEntries([...effects].map(([name, list]) => [name, referenceOf(list)])), beyondChance, measured };
}

/** Judged by its effect alone: the windows are what the bar is made of. */
function ruleOf(column: BaselineColumn, method: DistanceName): DriftRule {
  const baseline = { name: "", version: 0, digest: "", records: 0, columns: { "/field": column } };
  const spec = { id: "", kind: "drift", field: "/field", baseline: "", method, judge: "exact" } as const;
  return driftRule(spec, { contract: { field: () => null }, baselines: new Map([["", baseline]]) });
}

function referenceOf(effects: readonly number[]): Reference {
  const moments = effects.reduce(addValue, NO_MOMENTS);
  const sd = Math.sqrt(varianceOf(moments)) || 0;
  return { windows: moments.n, mean: Number(moments.mean.toPrecision(6)), sd: Number(sd.toPrecision(6)) };
}
