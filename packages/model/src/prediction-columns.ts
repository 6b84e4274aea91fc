import { ABSENT, type Column } from "@weir/record";
import { modelName, type Manifest } from "./manifest.ts";
import { pointerPart, requestKey } from "./request.ts";
import type { Placed } from "./splice.ts";

/** What the next stage of a fused chain would otherwise read back from the value, by the names it asks for. */
export function predictionColumns(manifest: Pick<Manifest, "model" | "version">, as: string, placed: Placed): Map<string, Column> {
  const { predictions } = placed;
  const root = `/${pointerPart(as)}`;
  const presence = presenceOf(placed);
  const numbers = (from: Float64Array): Column => ({ kind: "number", values: numbersOf(from, placed), presence });
  const texts = (from: Int32Array | null, dictionary: readonly string[]): Column => {
    return { kind: "string", codes: codesOf(from, placed), dictionary, presence };
  };
  const columns = new Map<string, Column>();
  columns.set(requestKey({ pointer: `${root}/model`, as: "string" }), texts(null, [modelName(manifest)]));
  if (predictions.confidence) {
    columns.set(requestKey({ pointer: `${root}/label`, as: "string" }), texts(predictions.labels, predictions.classes));
    columns.set(requestKey({ pointer: `${root}/confidence`, as: "number" }), numbers(predictions.confidence));
  }
  predictions.classes.forEach((name, k) => {
    const key = requestKey({ pointer: `${root}/scores/${pointerPart(name)}`, as: "number" });
    columns.set(key, numbers(predictions.scores[k]!)); // one column a class
  });
  return columns;
}

function presenceOf({ of, first }: Placed): Uint8Array {
  const presence = new Uint8Array(of.length); // PRESENT
  if (first === null) for (let row = 0; row < of.length; row++) if (of[row]! < 0) presence[row] = ABSENT; // row < length
  return presence;
}

/** Where every row has a prediction nothing is copied: both are columns, and nobody writes into either. */
function numbersOf(from: Float64Array, { of, first }: Placed): Float64Array {
  if (first !== null) return from.subarray(first, first + of.length);
  const values = new Float64Array(of.length).fill(NaN);
  for (let row = 0; row < of.length; row++) {
    const at = of[row]!; // row < length
    if (at >= 0) values[row] = from[at]!; // a row of the predictions
  }
  return values;
}

/** Code 0 throughout where there is nothing to tell apart. */
function codesOf(from: Int32Array | null, { of, first }: Placed): Int32Array {
  if (first !== null) return from === null ? new Int32Array(of.length) : from.subarray(first, first + of.length);
  const to = new Int32Array(of.length);
  for (let row = 0; row < of.length; row++) to[row] = of[row]! < 0 ? -1 : from ? from[of[row]!]! : 0; // a row of the predictions
  return to;
}
