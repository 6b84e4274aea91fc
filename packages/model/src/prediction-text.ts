import { NUMBER_MAX_BYTES, writeNumber } from "./decimal.ts";
import { modelName, type Manifest } from "./manifest.ts";
import type { Predictions } from "./scores.ts";

/**
 * Writes predictions as JSON text:
 * `"prediction":{"label":"on-time","confidence":0.912708,"scores":{"on-time":0.912708,"late":0.0872923},"model":"late-arrival/1"}`;
 * for a regression without label and confidence.
 */
export interface PredictionText {
  /** Most bytes that one prediction takes, with its member name. */
  readonly maxBytes: number;
  /** Bytes of the member name and the colon: what follows them is the prediction by itself. */
  readonly nameBytes: number;
  /** Gives the position behind what it wrote. */
  write(predictions: Predictions, row: number, bytes: Uint8Array, at: number): number;
}

export function compilePredictionText(manifest: Pick<Manifest, "model" | "version" | "outputs">, as: string): PredictionText {
  const { classes, kind } = manifest.outputs;
  const encoder = new TextEncoder();
  const part = (text: string): Uint8Array => encoder.encode(text);
  const name = `${JSON.stringify(as)}:`;
  const heads = kind === "regression" ? [part(`${name}{`)] : classes.map((c) => part(`${name}{"label":${JSON.stringify(c)},"confidence":`));
  const scoreNames = classes.map((c, k) => part(`${k === 0 ? `${kind === "regression" ? "" : ","}"scores":{` : ","}${JSON.stringify(c)}:`));
  const end = part(`},"model":${JSON.stringify(modelName(manifest))}}`);
  const sizes = [Math.max(...heads.map((h) => h.length)), ...scoreNames.map((s) => s.length), end.length];
  return {
    maxBytes: sizes.reduce((sum, size) => sum + size, 0) + (classes.length + 1) * NUMBER_MAX_BYTES,
    nameBytes: part(name).length,
    write: (predictions, row, bytes, start) => {
      let at = put(heads[predictions.labels[row]!]!, bytes, start); // a label is an index of the classes, 0 for a regression
      if (predictions.confidence) at = writeNumber(predictions.confidence[row]!, bytes, at); // row < count
      for (let k = 0; k < scoreNames.length; k++) {
        at = put(scoreNames[k]!, bytes, at); // k < length
        at = writeNumber(predictions.scores[k]![row]!, bytes, at); // one column a class, row < count
      }
      return put(end, bytes, at);
    },
  };
}

/** Parts up to this size are copied by a loop: the call of `set` costs more than they do. */
const LOOP_MAX_BYTES = 24;

function put(part: Uint8Array, bytes: Uint8Array, at: number): number {
  if (part.length > LOOP_MAX_BYTES) bytes.set(part, at);
  else for (let i = 0; i < part.length; i++) bytes[at + i] = part[i]!; // i < length
  return at + part.length;
}
