import type { Failure } from "@weir/record";
import { change, compileCalibration, normalise } from "./calibrate.ts";
import { roundSix } from "./decimal.ts";
import { modelTag, type Manifest, type ModelOutputs, type OutputKind } from "./manifest.ts";

/** What the model says of n rows, as columns. Every number has six significant digits already. */
export interface Predictions {
  readonly count: number;
  readonly classes: readonly string[];
  /** Index of the class with the highest score; 0 for a regression. */
  readonly labels: Int32Array;
  /** The highest score; null for a regression, which has none. */
  readonly confidence: Float64Array | null;
  /** One column a class. */
  readonly scores: readonly Float64Array[];
  /** By row: why there is no prediction. */
  readonly failures: ReadonlyMap<number, Failure>;
}

/** Raw numbers of the scores output, row after row. */
export interface RawScores {
  readonly values: Float32Array | Float64Array;
  readonly rows: number;
  /** Numbers a row. */
  readonly width: number;
}

type ClassKind = Exclude<OutputKind, "regression">;

export type ScoreReader = (raw: RawScores) => Predictions;

/** Float32 sums leave [0, 1] by some 1e-7, which is clamped; more than this contradicts the declared kind. */
const OUTSIDE_MAX = 1e-3;
const NO_FAILURES: ReadonlyMap<number, Failure> = new Map();

/** Turns raw output into predictions: kind, calibration, clamp, label, and the one rounding. */
export function compileScores(manifest: Pick<Manifest, "model" | "version" | "digest" | "outputs" | "calibration">): ScoreReader {
  const { kind, classes } = manifest.outputs;
  const squash = kind === "regression" ? null : squashers[kind];
  const adjust = compileCalibration(manifest.calibration, kind);
  const failure = (found: string): Failure => ({
    class: "MODEL_OUTPUT",
    message: `${found}; outputs.kind in the manifest is ${kind}`,
    model: modelTag(manifest),
  });
  return (raw) => {
    checkWidth(raw, manifest);
    const columns = columnsOf(raw, manifest.outputs);
    if (!squash) return regression(columns, raw.rows, classes, failure);
    squash(columns);
    adjust(columns);
    return classification(columns, raw.rows, classes, failure);
  };
}

function checkWidth(raw: RawScores, manifest: Pick<Manifest, "model" | "version" | "outputs">): void {
  const { kind, classes, scores } = manifest.outputs;
  if (raw.width === classes.length || (raw.width === 1 && classes.length === 2 && kind !== "regression")) return;
  throw new Error(
    `output ${scores} of ${manifest.model}/${manifest.version} has ${raw.width} numbers a row; the manifest names ${classes.length} classes`,
  );
}

/** Column k of raw values for class k; a lone column of a two-class model is that of the second class. */
function columnsOf(raw: RawScores, outputs: ModelOutputs): Float64Array[] {
  const { values, rows, width } = raw;
  const missing = outputs.classes.length - width;
  const columns = outputs.classes.map(() => new Float64Array(rows));
  for (let k = 0; k < width; k++) {
    const column = columns[missing + k]!; // missing + width = classes
    for (let row = 0, from = k; row < rows; row++, from += width) column[row] = values[from]!; // rows * width values
  }
  if (missing === 1 && outputs.kind !== "regression") completeLone(columns, outputs.kind);
  return columns;
}

/** What a two-class model would have said of the first class, had it said both. */
const others: Readonly<Record<ClassKind, (second: number) => number>> = {
  probabilities: (p) => 1 - p,
  sigmoid: (p) => 1 - p,
  "log-probabilities": (l) => Math.log(Math.max(0, 1 - Math.exp(l))),
  logits: () => 0,
  margins: (m) => -m,
};

function completeLone(columns: readonly Float64Array[], kind: ClassKind): void {
  const [first, second] = columns;
  if (!first || !second) return;
  for (let row = 0; row < first.length; row++) first[row] = others[kind](second[row]!); // equally long
}

type Columns = readonly Float64Array[];

const squashers: Readonly<Record<ClassKind, (columns: Columns) => void>> = {
  probabilities: () => undefined,
  sigmoid: () => undefined,
  "log-probabilities": (columns) => change(columns, Math.exp),
  logits: softmax,
  margins: (columns) => {
    change(columns, (margin) => 1 / (1 + Math.exp(-margin)));
    normalise(columns);
  },
};

/** The largest logit is subtracted first, so that no exponential overflows; NaN spreads over the row. */
function softmax(columns: Columns): void {
  const rows = columns[0]!.length; // there is a class
  for (let row = 0; row < rows; row++) {
    let largest = -Infinity;
    for (const column of columns) if (!(column[row]! <= largest)) largest = column[row]!; // row < length
    for (const column of columns) column[row] = Math.exp(column[row]! - largest); // row < length
  }
  normalise(columns);
}

function regression(columns: Columns, count: number, classes: readonly string[], failure: (found: string) => Failure): Predictions {
  let failures: Map<number, Failure> | null = null;
  for (const column of columns) {
    for (let row = 0; row < count; row++) {
      const value = column[row]!; // row < length
      if (Number.isFinite(value)) column[row] = roundSix(value);
      else (failures ??= new Map()).set(row, failure(`the model answered ${value}`));
    }
  }
  return { count, classes, labels: new Int32Array(count), confidence: null, scores: columns, failures: failures ?? NO_FAILURES };
}

function classification(columns: Columns, count: number, classes: readonly string[], failure: (found: string) => Failure): Predictions {
  const labels = new Int32Array(count);
  const confidence = new Float64Array(count);
  let failures: Map<number, Failure> | null = null;
  for (let row = 0; row < count; row++) {
    let best = -1;
    let label = 0;
    for (let k = 0; k < columns.length; k++) {
      const column = columns[k]!; // k < length
      const score = column[row]!; // row < length
      if (!(score >= -OUTSIDE_MAX && score <= 1 + OUTSIDE_MAX))
        (failures ??= new Map()).set(row, failure(`the score of ${classes[k]} is ${score}`));
      const clamped = score > 1 ? 1 : score > 0 ? score : 0;
      if (clamped > best) {
        best = clamped;
        label = k;
      }
      column[row] = roundSix(clamped);
    }
    labels[row] = label;
    confidence[row] = columns[label]![row]!; // label is a column, row < length
  }
  return { count, classes, labels, confidence, scores: columns, failures: failures ?? NO_FAILURES };
}
