import { createReader, type FieldRequest, type RecordReader } from "@weir/contract";
import { compileEncoder, compilePredictionText, compileScores, modelTag, pointerPart, requestKey } from "@weir/model";
import type { ModelSession } from "@weir/onnx";
import type { Batch } from "@weir/record";
import type { Stage } from "@weir/stream";
import { decideBatch, type Carrier } from "./decide.ts";
import { gatherBatch } from "./gather.ts";
import { PORTS } from "./ports.ts";

export interface InferenceOptions {
  readonly id: string;
  /** Member of the value that the prediction becomes. */
  readonly as: string;
  readonly session: ModelSession;
  /** SHA-256 of the canonical pipeline, hex. */
  readonly spec: string;
  readonly owner: string;
  /** How columns are read; default without a schema, for records that a gate has let through. */
  readonly createReader?: (requests: readonly FieldRequest[]) => RecordReader;
  /** `value` (default): spliced into the JSON object · `header`: as `weir.prediction`, for values that take no member. */
  readonly carrier?: Carrier;
  /** Told after each model run over a fetch. */
  readonly onRun?: (run: InferenceRun) => void;
  /** Told of the confidences of a batch, NaN where there is none, once its predictions are committed. */
  readonly onScored?: (confidences: Float64Array) => void;
}

export interface InferenceRun {
  readonly model: string;
  readonly rows: number;
  readonly runs: number;
  readonly ms: number;
  readonly failed: number;
}

/**
 * Scores every record that the model takes and dead-letters the others: features of all batches of a fetch make one tensor
 * and one run (in slices of the session's `maxRows`), the answers become text in the value and columns for the next stage.
 */
export function createStage(options: InferenceOptions): Stage {
  const { id, as, session, spec, owner, carrier = "value", onRun, onScored } = options;
  const { manifest } = session;
  const encoder = compileEncoder(manifest);
  const readScores = compileScores(manifest);
  const text = compilePredictionText(manifest, as);
  const member: FieldRequest = { pointer: `/${pointerPart(as)}`, as: "boolean" };
  const memberKey = carrier === "value" ? requestKey({ pointer: member.pointer, as: "boolean" }) : null;
  const reader = (options.createReader ?? createReader)(memberKey === null ? encoder.requests : [...encoder.requests, member]);
  const gathering = { reader, encoder, manifest, as, memberKey };
  const deciding = { manifest, as, text, carrier, ...(onScored && { onScored }) };
  let spare = new Float32Array(0);
  return {
    id,
    ports: PORTS,
    holds: false,
    process: async (batches) => {
      const features = large(spare, rowsOf(batches) * encoder.width);
      spare = EMPTY; // a second call meanwhile gets a buffer of its own
      let rows = 0;
      const gathered = batches.map((batch) => {
        const part = gatherBatch(batch, features, rows, gathering);
        rows += part.rows.length;
        return part;
      });
      const run = await session.run(features.subarray(0, rows * encoder.width), rows);
      spare = features;
      onRun?.({ model: modelTag(manifest), rows, runs: run.runs, ms: run.ms, failed: run.failures.size });
      const predictions = readScores(run);
      return gathered.map((part) => decideBatch(part, predictions, run.failures, deciding));
    },
    position: () => null,
    snapshot: () => [],
    assign: () => undefined,
    revoke: () => undefined,
    describe: () => ({ spec, model: modelTag(manifest), owner }),
  };
}

const EMPTY = new Float32Array(0);

function rowsOf(batches: readonly Batch[]): number {
  return batches.reduce((sum, batch) => sum + batch.count, 0);
}

function large(spare: Float32Array<ArrayBuffer>, size: number): Float32Array<ArrayBuffer> {
  return spare.length >= size ? spare : new Float32Array(size);
}
