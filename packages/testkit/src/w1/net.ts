import { floatTensor, intTensor, modelBytes, node } from "../onnx-bytes.ts";
import { createRandom } from "../random.ts";
import { W1_FEATURES, type Feature } from "./records.ts";

/** Of the inputs at least: more features make it wider. */
const INPUTS = 30;
const WIDTHS = [64, 32, 2] as const;
/** Rows on which the last layer is scaled. */
const PROBE_ROWS = 4000;
/** Share of rows whose confidence is to be at least 0.9. */
const CONFIDENT_SHARE = 0.65;

/**
 * A net of 30-64-32-2 with softmax and random weights from a seed. Its first seven inputs are the features, brought to
 * [-1, 1] by the first layer's weights; the other 23 are zeros that the graph itself pads. With other
 * features it has as many inputs as there are, and zeros up to 30. The last layer is scaled so that about 65 % of uniformly drawn rows get a confidence of at least 0.9.
 */
export function smallNet(seed: number, features: readonly Feature[] = W1_FEATURES): Uint8Array {
  const random = createRandom(seed);
  const inputs = Math.max(INPUTS, features.length);
  const layers = WIDTHS.map((width, i) => randomLayer(random, i === 0 ? inputs : (WIDTHS[i - 1] ?? 0), width));
  const [first, , last] = layers;
  if (!first || !last) throw new Error("the net has three layers");
  scaleInputs(first, features);
  scaleOutputs(last, layers, { random, features });
  const tensors = layers.flatMap(({ inputs, width, weights, bias }, i) => [
    floatTensor(`w${i}`, [inputs, width], weights),
    floatTensor(`b${i}`, [width], bias),
  ]);
  return modelBytes({
    nodes: [
      node("Pad", ["features", "pads"], "padded"),
      node("Gemm", ["padded", "w0", "b0"], "h0"),
      node("Relu", ["h0"], "r0"),
      node("Gemm", ["r0", "w1", "b1"], "h1"),
      node("Relu", ["h1"], "r1"),
      node("Gemm", ["r1", "w2", "b2"], "logits"),
      node("Softmax", ["logits"], "probabilities", { axis: 1 }),
    ],
    tensors: [...tensors, intTensor("pads", [0, 0, 0, inputs - features.length])],
    input: ["features", features.length],
    output: ["probabilities", 2],
  });
}

interface Layer {
  readonly inputs: number;
  readonly width: number;
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

function randomLayer(random: () => number, inputs: number, width: number): Layer {
  const spread = Math.sqrt(6 / (inputs + width));
  return {
    inputs,
    width,
    weights: Float32Array.from({ length: inputs * width }, () => (random() * 2 - 1) * spread),
    bias: Float32Array.from({ length: width }, () => (random() - 0.5) * 0.2),
  };
}

function scaleInputs({ width, weights, bias }: Layer, features: readonly Feature[]): void {
  features.forEach(([, low, high], f) => {
    for (let j = 0; j < width; j++) {
      const weight = (weights[f * width + j] ?? 0) * 2; // of 30 inputs only seven speak
      bias[j] = (bias[j] ?? 0) - weight * ((high + low) / (high - low));
      weights[f * width + j] = (weight * 2) / (high - low);
    }
  });
}

interface Probe {
  readonly random: () => number;
  readonly features: readonly Feature[];
}

/** Centres the difference of the two logits and stretches it until the wanted share is confident. */
function scaleOutputs(last: Layer, layers: readonly Layer[], { random, features }: Probe): void {
  const gaps = Array.from({ length: PROBE_ROWS }, () => {
    const [a = 0, b = 0] = forward(
      layers,
      features.map(([, low, high]) => low + random() * (high - low)),
    );
    return b - a;
  });
  const centre = [...gaps].sort((x, y) => x - y)[PROBE_ROWS / 2] ?? 0;
  const sizes = gaps.map((g) => Math.abs(g - centre)).sort((x, y) => x - y);
  const scale = Math.log(9) / (sizes[Math.floor(PROBE_ROWS * (1 - CONFIDENT_SHARE))] ?? 1);
  for (let i = 0; i < last.weights.length; i++) last.weights[i] = (last.weights[i] ?? 0) * scale;
  last.bias[0] = ((last.bias[0] ?? 0) + centre / 2) * scale;
  last.bias[1] = ((last.bias[1] ?? 0) - centre / 2) * scale;
}

function forward(layers: readonly Layer[], row: readonly number[]): number[] {
  return layers.reduce<number[]>(
    (input, { inputs, width, weights, bias }, depth) => {
      return Array.from({ length: width }, (_, j) => {
        let sum = bias[j] ?? 0;
        for (let i = 0; i < inputs; i++) sum += (input[i] ?? 0) * (weights[i * width + j] ?? 0);
        return depth < layers.length - 1 ? Math.max(0, sum) : sum;
      });
    },
    [...row],
  );
}
