import { ABSENT, PRESENT, type Column } from "@weir/record";
import { modelName, type Manifest } from "./manifest.ts";
import { pointerPart, requestKey } from "./request.ts";
import type { Placed } from "./splice.ts";

/** What the next stage of a fused chain would otherwise read back from the value, by the names it asks for. */
export function predictionColumns(manifest: Pick<Manifest, "model" | "version">, as: string, placed: Placed): Map<string, Column> {
  const { predictions, of } = placed;
  const root = `/${pointerPart(as)}`;
  const presence = new Uint8Array(of.length);
  for (let row = 0; row < of.length; row++) presence[row] = of[row]! < 0 ? ABSENT : PRESENT; // row < length
  const columns = new Map<string, Column>();
  const model: Column = { kind: "string", codes: codes(of, null), dictionary: [modelName(manifest)], presence };
  columns.set(requestKey({ pointer: `${root}/model`, as: "string" }), model);
  if (predictions.confidence) {
    const label: Column = { kind: "string", codes: codes(of, predictions.labels), dictionary: predictions.classes, presence };
    columns.set(requestKey({ pointer: `${root}/label`, as: "string" }), label);
    columns.set(requestKey({ pointer: `${root}/confidence`, as: "number" }), numbers(of, predictions.confidence, presence));
  }
  predictions.classes.forEach((name, k) => {
    const key = requestKey({ pointer: `${root}/scores/${pointerPart(name)}`, as: "number" });
    columns.set(key, numbers(of, predictions.scores[k]!, presence)); // one column a class
  });
  return columns;
}

function numbers(of: Int32Array, from: Float64Array, presence: Uint8Array): Column {
  const values = new Float64Array(of.length).fill(NaN);
  for (let row = 0; row < of.length; row++) {
    const at = of[row]!; // row < length
    if (at >= 0) values[row] = from[at]!; // a row of the predictions
  }
  return { kind: "number", values, presence };
}

/** Code 0 throughout where there is nothing to tell apart. */
function codes(of: Int32Array, from: Int32Array | null): Int32Array {
  const to = new Int32Array(of.length);
  for (let row = 0; row < of.length; row++) to[row] = of[row]! < 0 ? -1 : from ? from[of[row]!]! : 0; // a row of the predictions
  return to;
}
