import type { Column, Failure } from "@weir/record";
import { encodeText } from "./encode-text.ts";
import { encodeNumber } from "./encode-number.ts";
import { encodeVector } from "./encode-vector.ts";
import { MISSING, NO_VECTOR, NOT_FINITE, UNKNOWN_CATEGORY, WRONG_TYPE, type FeatureEncoder } from "./feature-encoder.ts";
import { featureWidth, modelName, modelTag, type Feature, type Manifest } from "./manifest.ts";
import { requestKey, type ColumnRequest } from "./request.ts";

const REASONS: Readonly<Record<number, string>> = {
  [MISSING]: "is absent or null, which the model does not take",
  [WRONG_TYPE]: "has another type than the model takes",
  [NOT_FINITE]: "is no finite 32-bit number",
  [UNKNOWN_CATEGORY]: "is a category that the model does not know",
  [NO_VECTOR]: "is no array of as many finite 32-bit numbers as the model takes",
};

export interface Encoding {
  /** The rows that are in the tensor now, in order: those that were asked for, less the refused ones. */
  readonly rows: Int32Array;
  /** By row: why it is not. */
  readonly failures: ReadonlyMap<number, Failure>;
}

export interface Encoder {
  readonly requests: readonly ColumnRequest[];
  /** Numbers a row. */
  readonly width: number;
  /**
   * Writes the selected rows into `into` from row `firstRow` on. Type and finiteness are checked here, before a tensor
   * exists: the runtime turns what is no number into NaN without a word.
   */
  encode(columns: ReadonlyMap<string, Column>, rows: Int32Array, into: Float32Array, firstRow: number): Encoding;
}

const NO_FAILURES: ReadonlyMap<number, Failure> = new Map();

export function compileEncoder(manifest: Pick<Manifest, "model" | "version" | "digest" | "input">): Encoder {
  const width = manifest.input.shape[1];
  let offset = 0;
  const steps = manifest.input.features.map((feature) => {
    const request = requestOf(feature);
    const step = { feature, key: requestKey(request), request, offset, encode: encoderOf(feature) };
    offset += featureWidth(feature.encode);
    return step;
  });
  const requests = [...new Map(steps.map((s) => [s.key, s.request])).values()];
  const refuse = (feature: Feature, code: number): Failure => ({
    class: "CONTRACT",
    message: `${feature.field} (feature ${feature.name} of ${modelName(manifest)}) ${REASONS[code] ?? "cannot be encoded"}`,
    model: modelTag(manifest),
  });
  return {
    requests,
    width,
    encode: (columns, rows, into, firstRow) => {
      let failures: Map<number, Failure> | null = null;
      const refused = new Uint8Array(rows.length);
      for (const step of steps) {
        const column = columns.get(step.key);
        if (!column) throw new Error(`the reader was not asked for column "${step.key}" of ${modelName(manifest)}`);
        const news = step.encode(column, { rows, into, at: firstRow * width + step.offset, width, refused });
        if (news === 0) continue;
        failures ??= new Map();
        for (let i = 0; i < rows.length; i++) {
          if (refused[i] === 0 || refused[i] === REPORTED) continue;
          failures.set(rows[i]!, refuse(step.feature, refused[i]!)); // i is a position of both
          refused[i] = REPORTED;
        }
      }
      return failures === null ? { rows, failures: NO_FAILURES } : { rows: closeGaps({ rows, into, firstRow, width, refused }), failures };
    },
  };
}

/** Marks a row whose first reason has been taken down already. */
const REPORTED = 255;

/** Moves the accepted rows together, so that no refused row is in the tensor. */
function closeGaps(of: { rows: Int32Array; into: Float32Array; firstRow: number; width: number; refused: Uint8Array }): Int32Array {
  const { rows, into, firstRow, width, refused } = of;
  const accepted: number[] = [];
  for (let i = 0; i < rows.length; i++) {
    if (refused[i] !== 0) continue;
    if (accepted.length !== i) into.copyWithin((firstRow + accepted.length) * width, (firstRow + i) * width, (firstRow + i + 1) * width);
    accepted.push(rows[i]!); // i < length
  }
  return Int32Array.from(accepted);
}

function requestOf(feature: Feature): ColumnRequest {
  switch (feature.encode.kind) {
    case "number":
      return { pointer: feature.field, as: "number" };
    case "bool":
      return { pointer: feature.field, as: "boolean" };
    case "vector":
      return { pointer: feature.field, as: "vector", width: feature.encode.width };
    case "map":
    case "oneHot":
      return { pointer: feature.field, as: "string" };
    case "epoch":
    case "hour":
    case "weekday":
      return { pointer: feature.field, as: "time" };
  }
}

function encoderOf(feature: Feature): FeatureEncoder {
  const { encode } = feature;
  if (encode.kind === "vector") return encodeVector(encode);
  return encode.kind === "map" || encode.kind === "oneHot" ? encodeText(encode) : encodeNumber(encode);
}
