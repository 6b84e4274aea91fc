import { floatTensor } from "./onnx-bytes.ts";
import type { Feature } from "./w1/records.ts";

/** Of a dense net. Weights are those of the first input, then those of the second, … */
export interface Layer {
  readonly inputs: number;
  readonly width: number;
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

export function randomLayer(random: () => number, inputs: number, width: number): Layer {
  const spread = Math.sqrt(6 / (inputs + width));
  return {
    inputs,
    width,
    weights: Float32Array.from({ length: inputs * width }, () => (random() * 2 - 1) * spread),
    bias: Float32Array.from({ length: width }, () => (random() - 0.5) * 0.2),
  };
}

/** Brings features to [-gain, gain] before the layer sees them. */
export function scaleInputs({ width, weights, bias }: Layer, features: readonly Feature[], gain: number): void {
  features.forEach(([, low, high], f) => {
    for (let j = 0; j < width; j++) {
      const weight = (weights[f * width + j] ?? 0) * gain;
      bias[j] = (bias[j] ?? 0) - weight * ((high + low) / (high - low));
      weights[f * width + j] = (weight * 2) / (high - low);
    }
  });
}

/** `w0`, `b0`, `w1`, … */
export function layerTensors(layers: readonly Layer[]): Uint8Array[] {
  return layers.flatMap(({ inputs, width, weights, bias }, i) => [
    floatTensor(`w${i}`, [inputs, width], weights),
    floatTensor(`b${i}`, [width], bias),
  ]);
}

/** What the layers make of a row, with a rectifier behind all but the last. */
export function forward(layers: readonly Layer[], row: readonly number[]): number[] {
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
