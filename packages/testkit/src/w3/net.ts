import { forward, layerTensors, randomLayer, scaleInputs, type Layer } from "../layers.ts";
import { modelBytes, node } from "../onnx-bytes.ts";
import { createRandom } from "../random.ts";
import type { PipelineModel } from "../w1/folder.ts";
import type { Feature } from "../w1/records.ts";

export interface DeepNetOptions {
  readonly seed: number;
  readonly features: readonly Feature[];
  /** Of the layers between the features and the classes. */
  readonly hidden: readonly number[];
  readonly classes: readonly string[];
}

/** Rows on which the last layer is scaled. */
const PROBE_ROWS = 500;
/** Share of rows whose confidence is to be at least 0.9. */
const CONFIDENT_SHARE = 0.65;
const CONFIDENT = 0.9;
/** Halvings in the search for a scale: beyond what a float tells apart. */
const STEPS = 30;

/**
 * A dense net with softmax and random weights from a seed. The last layer is shifted and scaled so that uniformly drawn rows fall into
 * every class about equally often, about 65 % of them with a confidence of at least 0.9.
 */
export function deepNet({ seed, features, hidden, classes }: DeepNetOptions): PipelineModel {
  const random = createRandom(seed);
  const widths = [features.length, ...hidden, classes.length];
  const layers = widths.slice(1).map((width, i) => randomLayer(random, widths[i]!, width)); // the one before
  const last = layers.at(-1)!; // that of the classes
  scaleInputs(layers[0]!, features, 1); // there is one at least
  const rows = Array.from({ length: PROBE_ROWS }, () => features.map(([, low, high]) => low + random() * (high - low)));
  scaleOutputs(
    last,
    rows.map((row) => forward(layers, row)),
  );
  const ends = layers.map((_, i) => (i === layers.length - 1 ? "logits" : `h${i}`));
  const bytes = modelBytes({
    nodes: [
      ...layers.flatMap((_, i) => {
        const gemm = node("Gemm", [i === 0 ? "features" : `r${i - 1}`, `w${i}`, `b${i}`], ends[i]!); // an end a layer
        return i === layers.length - 1 ? [gemm] : [gemm, node("Relu", [ends[i]!], `r${i}`)]; // as above
      }),
      node("Softmax", ["logits"], "probabilities", { axis: 1 }),
    ],
    tensors: layerTensors(layers),
    input: ["features", features.length],
    output: ["probabilities", classes.length],
  });
  return { bytes, classes, opsets: { "": 17 } };
}

function scaleOutputs(last: Layer, logits: readonly (readonly number[])[]): void {
  const { width, weights, bias } = last;
  const spread = Array.from({ length: width }, (_, j) => meanAndDeviation(logits.map((row) => row[j]!))); // one a class
  const standard = logits.map((row) => row.map((logit, j) => (logit - spread[j]!.mean) / spread[j]!.deviation)); // as above
  const stretch = stretchOf(standard);
  for (let j = 0; j < width; j++) {
    const { mean, deviation } = spread[j]!; // as above
    for (let at = j; at < weights.length; at += width) weights[at] = (weights[at]! * stretch) / deviation; // within the weights
    bias[j] = ((bias[j]! - mean) * stretch) / deviation; // one a class
  }
}

function meanAndDeviation(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) };
}

/** By which factor the wanted share of the rows becomes confident: the larger, the more. */
function stretchOf(logits: readonly (readonly number[])[]): number {
  let [low, high] = [0, 1000];
  for (let step = 0; step < STEPS; step++) {
    const middle = (low + high) / 2;
    const confident = logits.filter((row) => confidenceOf(row, middle) >= CONFIDENT).length;
    if (confident < CONFIDENT_SHARE * logits.length) low = middle;
    else high = middle;
  }
  return high;
}

function confidenceOf(logits: readonly number[], stretch: number): number {
  const largest = Math.max(...logits);
  return 1 / logits.reduce((sum, logit) => sum + Math.exp(stretch * (logit - largest)), 0);
}
