import { copyWords, viewOver } from "@weir/record";
import { NUMBER_MAX_BYTES, writeNumber } from "./decimal.ts";
import { modelName, type Manifest } from "./manifest.ts";
import type { Predictions } from "./scores.ts";
import { createTextColumn, type TextColumn } from "./text-column.ts";

/** The bytes that predictions are written into, with the view that copying needs. */
export interface TextTarget {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

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
  write(predictions: Predictions, row: number, to: TextTarget, at: number): number;
  /** Many of them as members that end an object: with a comma before and the brace behind. */
  readonly members: TextColumn;
}

export function compilePredictionText(manifest: Pick<Manifest, "model" | "version" | "outputs">, as: string): PredictionText {
  const { classes, kind } = manifest.outputs;
  const encoder = new TextEncoder();
  const name = `${JSON.stringify(as)}:`;
  const texts = {
    heads: kind === "regression" ? [`${name}{`] : classes.map((c) => `${name}{"label":${JSON.stringify(c)},"confidence":`),
    names: classes.map((c, k) => `${k === 0 ? `${kind === "regression" ? "" : ","}"scores":{` : ","}${JSON.stringify(c)}:`),
    end: `},"model":${JSON.stringify(modelName(manifest))}}`,
  };
  const part = (text: string): DataView => viewOver(encoder.encode(text));
  const [heads, scoreNames, end] = [texts.heads.map(part), texts.names.map(part), part(texts.end)];
  const sizes = [Math.max(...heads.map((h) => h.byteLength)), ...scoreNames.map((s) => s.byteLength), end.byteLength];
  const maxBytes = sizes.reduce((sum, size) => sum + size, 0) + (classes.length + 1) * NUMBER_MAX_BYTES;
  const members = {
    heads: texts.heads.map((text) => encoder.encode(`,${text}`)),
    names: texts.names.map((text) => encoder.encode(text)),
    end: encoder.encode(`${texts.end}}`),
  };
  return {
    maxBytes,
    nameBytes: encoder.encode(name).length,
    members: createTextColumn(members, maxBytes + 2),
    write: (predictions, row, to, start) => {
      let at = put(heads[predictions.labels[row]!]!, to, start); // a label is an index of the classes, 0 for a regression
      if (predictions.confidence) at = writeNumber(predictions.confidence[row]!, to.bytes, at); // row < count
      for (let k = 0; k < scoreNames.length; k++) {
        at = put(scoreNames[k]!, to, at); // k < length
        at = writeNumber(predictions.scores[k]![row]!, to.bytes, at); // one column a class, row < count
      }
      return put(end, to, at);
    },
  };
}

function put(part: DataView, to: TextTarget, at: number): number {
  return copyWords(part, 0, part.byteLength, to.view, at);
}
