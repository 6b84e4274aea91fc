import type { Engine } from "@weir/onnx";
import { DURATION_BUCKETS, type Meter } from "@weir/service";
import type { InferenceRun } from "./stage.ts";

export interface InferenceTelemetry {
  /** The model ran over the records of a fetch. */
  ran(run: InferenceRun): void;
  /** Predictions are committed: their confidences, NaN where there is none. */
  scored(confidences: Float64Array): void;
}

const ROWS_BUCKETS: readonly number[] = [1, 8, 32, 128, 512, 1024, 2048, 4096, 8192, 16_384];
/** Twentieths: the upper bounds of confidence's classic buckets. */
const STEPS = 20;
const CONFIDENCE_BUCKETS: readonly number[] = Array.from({ length: STEPS }, (_, i) => (i + 1) / STEPS);

/** What an inference stage reports beside its runner. `model`: as in the header `weir.model`; `engine`: what computes its scores. */
export function inferenceTelemetry(
  meter: Meter,
  at: { readonly pipeline: string; readonly stage: string },
  { model, engine }: { readonly model: string; readonly engine: Engine },
): InferenceTelemetry {
  const labels = ["pipeline", "stage", "model"] as const;
  const duration = meter.histogram(
    "weir_inference_duration_seconds",
    "Time the model took for the records of a fetch",
    labels,
    DURATION_BUCKETS,
  );
  const rows = meter.histogram("weir_inference_batch_rows", "Rows that the model was given for a fetch", labels, ROWS_BUCKETS);
  const failed = meter.counter("weir_inference_failed_rows_total", "Rows that the model had no answer for", labels);
  const confidence = meter.binned("weir_confidence", "Confidence of committed predictions", labels, CONFIDENCE_BUCKETS);
  const engines = meter.gauge("weir_inference_engine_info", "1 for what computes the scores of the model", [...labels, "engine"]);
  const of = { ...at, model };
  engines.set({ ...of, engine }, 1);
  failed.add(of, 0);
  confidence.add(of, [], 0);
  return {
    ran: (run) => {
      duration.observe(of, run.ms / 1000);
      rows.observe(of, run.rows);
      if (run.failed > 0) failed.add(of, run.failed);
    },
    scored: (confidences) => {
      const { counts, sum } = binConfidences(confidences);
      confidence.add(of, counts, sum);
    },
  };
}

/** Counts by twentieths, each with its upper bound; NaN is left out. */
export function binConfidences(confidences: Float64Array): { readonly counts: Float64Array; readonly sum: number } {
  const counts = new Float64Array(STEPS + 1);
  let sum = 0;
  for (let i = 0; i < confidences.length; i++) {
    const value = confidences[i]!; // i < length
    if (Number.isNaN(value)) continue;
    let bin = Math.min(STEPS, Math.max(0, Math.ceil(value * STEPS) - 1));
    if (bin > 0 && value <= CONFIDENCE_BUCKETS[bin - 1]!) bin--; // the product was rounded up; bin - 1 is a bucket
    counts[bin]!++; // bin <= STEPS
    sum += value;
  }
  return { counts, sum };
}
