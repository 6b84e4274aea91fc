import {
  modelTag,
  place,
  pointerPart,
  predictionColumns,
  predictionHeader,
  requestKey,
  splicePredictions,
  type Manifest,
  type PredictionText,
  type Predictions,
} from "@weir/model";
import { allRows, constantHeader, type Failure, type HeaderColumn } from "@weir/record";
import type { Decided } from "@weir/stream";
import type { Gathered } from "./gather.ts";
import { DEAD_LETTER, OUT } from "./ports.ts";

/** Where the prediction travels. */
export type Carrier = "value" | "header";

export interface Deciding {
  readonly manifest: Manifest;
  readonly as: string;
  readonly text: PredictionText;
  readonly carrier: Carrier;
  readonly onScored?: (confidences: Float64Array) => void;
}

/** Ports, headers, text and columns for one batch; `run` says by row of the tensor what the model could not answer. */
export function decideBatch(gathered: Gathered, predictions: Predictions, run: ReadonlyMap<number, Failure>, deciding: Deciding): Decided {
  const { batch } = gathered;
  const { manifest, as, text, carrier, onScored } = deciding;
  const { of, failures } = placeAnswers(gathered, predictions, run);
  const placed = place(predictions, of);
  const { first } = placed;
  const ports = new Uint8Array(batch.count).fill(OUT);
  if (first === null) for (let row = 0; row < batch.count; row++) if (of[row]! < 0) ports[row] = DEAD_LETTER; // row < count
  const model = constantHeader("weir.model", modelTag(manifest), batch.count);
  const headers = [first === null ? onlyScored(model, of) : model];
  if (carrier === "header") headers.push(predictionHeader("weir.prediction", placed, text));
  const columns = predictionColumns(manifest, as, placed);
  const confidence = columns.get(requestKey({ pointer: `/${pointerPart(as)}/confidence`, as: "number" }));
  return {
    batch,
    rows: allRows(batch.count),
    ports,
    headers,
    ...(carrier === "value" && { tails: splicePredictions(batch, placed, text) }),
    columns,
    ...(failures.size > 0 && { failures }),
    ...(onScored && confidence?.kind === "number" && { onCommitted: () => onScored(confidence.values) }),
  };
}

/** For each row of the batch its row among the predictions, -1 for those without, and the reasons of the latter. */
function placeAnswers(
  gathered: Gathered,
  predictions: Predictions,
  run: ReadonlyMap<number, Failure>,
): { of: Int32Array; failures: ReadonlyMap<number, Failure> } {
  const { batch, rows, firstRow } = gathered;
  const of = new Int32Array(batch.count).fill(-1);
  for (let i = 0; i < rows.length; i++) of[rows[i]!] = firstRow + i; // i < length
  if (run.size === 0 && predictions.failures.size === 0) return { of, failures: gathered.failures };
  const failures = new Map(gathered.failures);
  for (let i = 0; i < rows.length; i++) {
    const failure = run.get(firstRow + i) ?? predictions.failures.get(firstRow + i);
    if (!failure) continue;
    const row = rows[i]!; // i < length
    of[row] = -1;
    failures.set(row, failure);
  }
  return { of, failures };
}

/** The header only where there is a prediction. */
function onlyScored(header: HeaderColumn, of: Int32Array): HeaderColumn {
  const length = header.length.slice();
  for (let row = 0; row < of.length; row++) if (of[row]! < 0) length[row] = -1; // row < length
  return { ...header, length };
}
