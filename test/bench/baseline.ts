import { compileContract, type Contract } from "@weir/contract";
import { batchOf, type Batch } from "@weir/record";
import { baselineContent, baselineText, createLearner } from "@weir/rules";
import { sha256 } from "@weir/service";
import type { RecordForm } from "@weir/testkit";

export interface BaselineOptions {
  readonly name: string;
  readonly contract: Contract;
  /** Names of the record's members that are learned. */
  readonly fields: readonly string[];
  /** Records that nothing is wrong with. */
  readonly batches: readonly Batch[];
  /** Is each batch a reference window? */
  readonly areWindows: boolean;
}

/** The text of a baseline file, as `weir gate learn` writes it. */
export function learnBaseline({ name, contract, fields, batches, areWindows }: BaselineOptions): string {
  const learner = createLearner(
    contract,
    fields.map((field) => `/${field}`),
  );
  const reader = contract.reader(learner.requests);
  for (const [i, batch] of batches.entries())
    learner.take({ batch, read: reader.read(batch), repeats: new Map() }, areWindows ? () => String(i) : null);
  return baselineText(baselineContent(learner.learn(), { name, version: 1, source: "bench" }), sha256);
}

/** Other records than those that are measured. */
const SEED = 2;
const WINDOWS = 40;
const WINDOW_RECORDS = 1000;

/** A baseline of all features, from records of the same kind that are all good. */
export function generatorBaseline({ create, features, schema }: RecordForm): string {
  const make = create({ seed: SEED, faultEvery: 0 });
  const encoder = new TextEncoder();
  const values = Array.from({ length: WINDOWS * WINDOW_RECORDS }, (_, i) => encoder.encode(make(i).value));
  const batches = Array.from({ length: WINDOWS }, (_, window) => {
    const own = values.slice(window * WINDOW_RECORDS, (window + 1) * WINDOW_RECORDS);
    return batchOf(
      { topic: "baseline", partition: window },
      own.map((value) => ({ value })),
    );
  });
  const fields = features.map(([name]) => name);
  return learnBaseline({ name: "generator", contract: compileContract(schema), fields, batches, areWindows: true });
}
