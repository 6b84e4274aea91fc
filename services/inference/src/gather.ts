import type { RecordReader } from "@weir/contract";
import { modelTag, takesMember, type Encoder, type Manifest } from "@weir/model";
import { ABSENT, allRows, type Batch, type Failure } from "@weir/record";

/** The part of the tensor that one batch filled. */
export interface Gathered {
  readonly batch: Batch;
  /** Rows of the batch that are in the tensor, ascending. */
  readonly rows: Int32Array;
  /** Row of the tensor where the first of them is. */
  readonly firstRow: number;
  /** By row of the batch: why it is not. */
  readonly failures: ReadonlyMap<number, Failure>;
}

export interface Gathering {
  readonly reader: RecordReader;
  readonly encoder: Encoder;
  readonly manifest: Manifest;
  readonly as: string;
  /** Column that tells whether the record has the prediction's member already; null where no member is added. */
  readonly memberKey: string | null;
}

/** Reads a batch's features into the tensor from `firstRow` on. */
export function gatherBatch(batch: Batch, features: Float32Array, firstRow: number, gathering: Gathering): Gathered {
  const { reader, encoder, memberKey } = gathering;
  const read = reader.read(batch);
  const failures = new Map<number, Failure>();
  const model = modelTag(gathering.manifest);
  for (const [row, { class: kind, message, retriable }] of read.failures)
    failures.set(row, { class: kind, message, model, ...(retriable && { retriable }) });
  if (memberKey !== null) refuseTakenMembers(batch, read.columns.get(memberKey)?.presence, failures, gathering);
  const candidates = failures.size === 0 ? allRows(batch.count) : allRows(batch.count).filter((row) => !failures.has(row));
  const encoding = encoder.encode(read.columns, candidates, features, firstRow);
  for (const [row, failure] of encoding.failures) failures.set(row, failure);
  return { batch, rows: encoding.rows, firstRow, failures };
}

/** A prediction is added to an object, and never beside or over a member of that name. */
function refuseTakenMembers(batch: Batch, presence: Uint8Array | undefined, failures: Map<number, Failure>, gathering: Gathering): void {
  if (!presence) throw new Error(`the reader gave no column for member ${gathering.as}`);
  const model = modelTag(gathering.manifest);
  const takes = takesMember(batch);
  const absent = ABSENT; // an imported name is looked up in every row
  for (let row = 0; row < batch.count; row++) {
    if (presence[row] === absent && takes(row)) continue;
    if (presence[row] !== absent) {
      if (!failures.has(row))
        failures.set(row, {
          class: "CONTRACT",
          message: `the record has a member ${gathering.as} already, which the prediction is to become`,
          model,
        });
    } else if (!failures.has(row)) {
      failures.set(row, { class: "CONTRACT", message: "the value is no JSON object, so it cannot take a prediction", model });
    }
  }
}
