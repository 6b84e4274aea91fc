import type { Ensemble } from "./ensemble.ts";
import { LeftToRuntime } from "./left-to-runtime.ts";
import type { Operator } from "./operators.ts";

/** How the sums over all trees become scores. */
export interface Finish {
  /** Sums a row. */
  readonly sums: number;
  /** Scores a row. */
  readonly width: number;
  /**
   * Sums of block.rows rows lie column after column, block.stride apart, from block.at on; scores go row after row into
   * `scores` from row `first` on. Rows are added to `unsure` whose scores another library of mathematics may round otherwise.
   */
  write(sums: Float32Array, block: Block, scores: Float32Array, first: number, unsure: number[]): void;
}

export interface Block {
  readonly at: number;
  readonly stride: number;
  readonly rows: number;
}

type Write = Finish["write"];

/**
 * As the runtime does it (tree_ensemble_aggregator.h and write_scores in ml_common.h), in the same order and rounded to float32
 * as often. The standard leaves much open, such as what a single sum of two classes becomes.
 * @throws {LeftToRuntime} what few models have
 */
export function readFinish(operator: Operator, ensemble: Ensemble): Finish {
  const post = operator.attributes.get("post_transform")?.texts[0] ?? "NONE";
  return operator.attributes.has("class_ids") ? classifier(operator, ensemble, post) : regressor(operator, ensemble, post);
}

function regressor(operator: Operator, ensemble: Ensemble, post: string): Finish {
  const sums = operator.attributes.get("n_targets")?.ints[0] ?? 0;
  const aggregate = operator.attributes.get("aggregate_function")?.texts[0] ?? "SUM";
  if (post !== "NONE") throw new LeftToRuntime(`a regressor with post_transform ${post}`);
  if (aggregate !== "SUM" && aggregate !== "AVERAGE") throw new LeftToRuntime(`aggregate_function ${aggregate}`);
  checkSums(ensemble, sums);
  const base = baseOf(operator, sums);
  const adjust = { base: sums === 1 && base.length === 0 ? [0] : base, divisor: aggregate === "AVERAGE" ? ensemble.roots.length : 1 };
  return { sums, width: sums, write: each(sums, adjust, writeAsTheyAre) };
}

function classifier(operator: Operator, ensemble: Ensemble, post: string): Finish {
  const labels = ["classlabels_strings", "classlabels_int64s"].map((name) => operator.attributes.get(name));
  const classes = (labels[0]?.texts.length ?? 0) || (labels[1]?.ints.length ?? 0);
  if (classes < 2) throw new LeftToRuntime(`${classes} classes`);
  if (classes === 2 && operator.attributes.get("class_ids")?.ints.every((id) => id === 0)) return pair(operator, ensemble, post);
  checkSums(ensemble, classes);
  const base = baseOf(operator, classes);
  if (classes === 2 && base.length > 0) throw new LeftToRuntime("base values of two classes that have trees of their own");
  const row = post === "NONE" ? writeAsTheyAre : post === "LOGISTIC" ? writeLogistic : post === "SOFTMAX" ? writeSoftmax : null;
  if (row === null) throw new LeftToRuntime(`post_transform ${post}`);
  return { sums: classes, width: classes, write: each(classes, { base, divisor: 1 }, row) };
}

/** Two classes, one sum: that of the second class. */
function pair(operator: Operator, ensemble: Ensemble, post: string): Finish {
  if (post === "PROBIT") throw new LeftToRuntime(`post_transform ${post}`);
  checkSums(ensemble, 1);
  const base = baseOf(operator, 1)[0] ?? 0;
  const weights = operator.attributes.get("class_weights")?.floats ?? [];
  const write = post === "LOGISTIC" ? logisticPairs : weights.every((weight) => !(weight < 0)) ? complements : negations;
  return { sums: 1, width: 2, write: write(base) };
}

/** Every row gets something to every sum; the runtime treats a sum without differently. */
function checkSums(ensemble: Ensemble, sums: number): void {
  if (!(sums >= 1 && sums <= 1000)) throw new LeftToRuntime(`${sums} sums a row`);
  const { roots, weights } = ensemble;
  const always = new Set<number>();
  for (const [tree, root] of roots.entries()) {
    const leaves = weights.slice(root, roots[tree + 1]).filter((own) => own.length > 0);
    for (const { sum } of leaves[0] ?? []) if (leaves.every((own) => own.some((weight) => weight.sum === sum))) always.add(sum);
  }
  for (let sum = 0; sum < sums; sum++) if (!always.has(sum)) throw new LeftToRuntime(`a sum, number ${sum}, that rows may get nothing to`);
  if (weights.some((own) => own.some(({ sum }) => !(sum >= 0 && sum < sums))))
    throw new LeftToRuntime("weights of a sum that there is not");
}

/** One for each sum, or none. */
function baseOf(operator: Operator, sums: number): readonly number[] {
  const base = operator.attributes.get("base_values")?.floats ?? [];
  if (base.length === 0 || base.length === sums) return base;
  throw new LeftToRuntime(`${base.length} base values for ${sums} sums`);
}

const complements =
  (base: number): Write =>
  (sums, { at, rows }, scores, first) => {
    for (let row = 0; row < rows; row++) {
      const sum = Math.fround(sums[at + row]! + base); // there is a sum for each row, here and below
      scores[2 * (first + row)] = 1 - sum;
      scores[2 * (first + row) + 1] = sum;
    }
  };

const negations =
  (base: number): Write =>
  (sums, { at, rows }, scores, first) => {
    for (let row = 0; row < rows; row++) {
      const sum = Math.fround(sums[at + row]! + base);
      scores[2 * (first + row)] = -sum;
      scores[2 * (first + row) + 1] = sum;
    }
  };

const logisticPairs =
  (base: number): Write =>
  (sums, { at, rows }, scores, first, unsure) => {
    for (let row = 0; row < rows; row++) {
      const sum = Math.fround(sums[at + row]! + base);
      const exact = Math.exp(-Math.abs(sum));
      const high = upperHalf(exact * BELOW);
      if (high !== upperHalf(exact * ABOVE)) unsure.push(first + row);
      scores[2 * (first + row)] = -sum < 0 ? 1 - high : high;
      scores[2 * (first + row) + 1] = sum < 0 ? 1 - high : high;
    }
  };

/**
 * Libraries of mathematics give e^x as a float32 that is off by up to 0.502 of its last place (glibc; others are near), not
 * rounded from the exact value. Where that is no further than this from the middle between two floats, nobody knows which one
 * the runtime has got: 2^-30 of the value, at least 0.007 of the last place.
 */
const UNSURE = 2 ** -30;
const BELOW = 1 - UNSURE;
const ABOVE = 1 + UNSURE;

/** The logistic function of |x|, from e^-|x|. */
function upperHalf(exponential: number): number {
  return Math.fround(1 / Math.fround(1 + Math.fround(exponential)));
}

interface Adjust {
  readonly base: readonly number[];
  readonly divisor: number;
}

/** Scores from the values of a row; true if sure. */
type WriteRow = (values: Float32Array, scores: Float32Array, at: number) => boolean;

function each(width: number, { base, divisor }: Adjust, write: WriteRow): Write {
  const values = new Float32Array(width);
  return (sums, { at, stride, rows }, scores, first, unsure) => {
    for (let row = 0; row < rows; row++) {
      for (let k = 0; k < width; k++) {
        const sum = Math.fround(sums[at + k * stride + row]! / divisor);
        values[k] = base.length === 0 ? sum : sum + base[k]!; // one for each sum
      }
      if (!write(values, scores, (first + row) * width)) unsure.push(first + row);
    }
  };
}

const writeAsTheyAre: WriteRow = (values, scores, at) => {
  scores.set(values, at);
  return true;
};

const writeLogistic: WriteRow = (values, scores, at) => {
  let sure = true;
  for (let k = 0; k < values.length; k++) {
    const value = values[k]!; // k < length, here and below
    const exact = Math.exp(-Math.abs(value));
    const high = upperHalf(exact * BELOW);
    if (high !== upperHalf(exact * ABOVE)) sure = false;
    scores[at + k] = value < 0 ? 1 - high : high;
  }
  return sure;
};

const LOWEST = -3.4028234663852886e38; // the largest float32 below zero

const writeSoftmax: WriteRow = (values, scores, at) => {
  let highest = LOWEST;
  for (let k = 0; k < values.length; k++) if (values[k]! > highest) highest = values[k]!;
  let sum = 0;
  let sure = true;
  for (let k = 0; k < values.length; k++) {
    const exact = Math.exp(Math.fround(values[k]! - highest));
    const exponential = Math.fround(exact * BELOW);
    if (exponential !== Math.fround(exact * ABOVE)) sure = false;
    scores[at + k] = exponential;
    sum = Math.fround(sum + exponential);
  }
  for (let k = 0; k < values.length; k++) scores[at + k] = scores[at + k]! / sum;
  return sure;
};
