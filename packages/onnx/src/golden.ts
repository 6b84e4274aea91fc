import { WeirError } from "@weir/record";
import { compileScores, modelName, type GoldenRow, type Manifest } from "@weir/model";
import type { Native, NativeScores } from "./native.ts";
import { runInSlices } from "./slices.ts";

/**
 * Runs the rows whose answers are known and gives the width of the output.
 * @throws {WeirError} WEIR-4104 with the first row that differs
 */
export async function checkGolden(native: Native, manifest: Manifest, padTo: number | null): Promise<number> {
  const rows = manifest.golden.length;
  const features = goldenFeatures(manifest);
  const outputWidth = await outputWidthOf(native, manifest, padTo);
  if (rows === 0) return outputWidth;
  const how = { inputWidth: manifest.input.shape[1], outputWidth, maxRows: padTo ?? rows, padTo, runners: [native.run] };
  const result = await runInSlices(features, rows, how);
  const [failed] = result.errors;
  if (failed) throw refusal(manifest, failed[0], `the run failed: ${failed[1] instanceof Error ? failed[1].message : String(failed[1])}`);
  manifest.golden.forEach((golden, row) => compareScores(golden, result, row, manifest));
  compareLabels(await ownLabels(native, features, manifest, padTo), result, manifest);
  return outputWidth;
}

/** The golden rows as a tensor. */
export function goldenFeatures(manifest: Manifest): Float32Array {
  return Float32Array.from(manifest.golden.flatMap((g) => g.inputs.map((v) => v ?? NaN)));
}

/** Dimensions of results count, so one has to be seen. */
async function outputWidthOf(native: Native, manifest: Manifest, padTo: number | null): Promise<number> {
  const rows = padTo ?? 2;
  const width = manifest.input.shape[1];
  const features = new Float32Array(rows * width);
  const first = goldenFeatures(manifest).subarray(0, width); // zeros where there is no golden row
  for (let row = 0; row < rows; row++) features.set(first, row * width);
  const scores = await native.run(features, rows).catch((error: unknown) => {
    throw refusal(manifest, 0, `the run failed: ${error instanceof Error ? error.message : String(error)}`);
  });
  const classes = manifest.outputs.classes.length;
  if (scores.width !== classes && !(scores.width === 1 && classes === 2 && manifest.outputs.kind !== "regression")) {
    throw refusal(
      manifest,
      0,
      `output ${manifest.outputs.scores} has ${scores.width} numbers a row; the manifest names ${classes} classes`,
    );
  }
  return scores.width;
}

function compareScores(golden: GoldenRow, result: NativeScores, row: number, manifest: Manifest): void {
  const found = result.values.subarray(row * result.width, (row + 1) * result.width);
  const expected = golden.expect.scores;
  if (expected.length !== found.length) throw refusal(manifest, row, `${found.length} scores, ${expected.length} expected`);
  for (const [k, score] of expected.entries()) {
    const difference = Math.abs(found[k]! - score); // equally long
    if (!(difference <= golden.tol))
      throw refusal(
        manifest,
        row,
        `score ${k} is ${found[k]}, expected ${score}; the difference ${difference.toPrecision(3)} is more than ${golden.tol}`,
      );
  }
}

/** Our label, the highest score, must be the expected one and, where the model gives labels itself, the model's. */
function compareLabels(own: readonly string[] | null, result: NativeScores, manifest: Manifest): void {
  if (manifest.outputs.kind === "regression") return;
  const { classes } = manifest.outputs;
  const predictions = compileScores(manifest)({ values: result.values, width: result.width, rows: manifest.golden.length });
  const named = own?.every((l) => classes.includes(l)) ?? false; // else the model's labels are the numbers of the classes
  for (const [row, golden] of manifest.golden.entries()) {
    const failure = predictions.failures.get(row);
    if (failure) throw refusal(manifest, row, failure.message);
    const label = classes[predictions.labels[row]!]!; // a row each, and an index of the classes
    if (golden.expect.label !== null && golden.expect.label !== label)
      throw refusal(manifest, row, `the label is ${label}, expected ${golden.expect.label}`);
    const theirs = own?.[row];
    if (theirs !== undefined && theirs !== label && (named || theirs !== String(predictions.labels[row]))) {
      throw refusal(
        manifest,
        row,
        `the model says ${theirs} where its highest score is that of ${label}: the order of outputs.classes is another`,
      );
    }
  }
}

async function ownLabels(
  native: Native,
  features: Float32Array,
  manifest: Manifest,
  padTo: number | null,
): Promise<readonly string[] | null> {
  return manifest.outputs.label === null || padTo !== null ? null : native.labels(features, manifest.golden.length, manifest.outputs.label);
}

function refusal(manifest: Manifest, row: number, why: string): WeirError {
  const golden = manifest.golden[row];
  return new WeirError(
    {
      code: "WEIR-4104",
      what: `model ${modelName(manifest)} does not give its golden answers`,
      where: `golden row ${row}${golden ? ` (${golden.why}${golden.id === null ? "" : `, ${golden.id}`})` : ""}`,
      why,
      fix: "the bytes, the manifest or this runtime is not the one that the golden rows were made with: register the model again",
    },
    { exitCode: 3 },
  );
}
