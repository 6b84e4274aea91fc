import { forward, layerTensors, randomLayer, scaleInputs, type Layer } from "../layers.ts";
import { intTensor, modelBytes, node } from "../onnx-bytes.ts";
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
  scaleInputs(first, features, 2); // of 30 inputs only seven speak
  scaleOutputs(last, layers, { random, features });
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
    tensors: [...layerTensors(layers), intTensor("pads", [0, 0, 0, inputs - features.length])],
    input: ["features", features.length],
    output: ["probabilities", 2],
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
