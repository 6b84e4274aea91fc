import type { Manifest } from "@weir/model";
import { goldenFeatures } from "./golden.ts";
import type { Runner } from "./slices.ts";

/** Where a model runs, and how many rows a run. */
export interface Place {
  readonly where: "in-place" | "workers";
  readonly maxRows: number;
}

export interface PlaceOptions {
  readonly maxRows: number;
  readonly padTo: number | null;
  readonly sliceMs: number;
  readonly place?: "in-place" | "workers";
  readonly now: () => number;
}

/** Fewer rows a run lose what batches gain. */
const FEWEST_ROWS = 64;
const ATTEMPTS = 3;

/**
 * Measures runs of more and more rows. The model stays on the calling thread, with the most rows that fit the time slice;
 * if not even a short run fits, it goes to workers. Rows a run do not change results: one row never runs alone.
 */
export async function choosePlace(run: Runner, manifest: Manifest, options: PlaceOptions): Promise<Place> {
  const { maxRows, padTo, sliceMs, now } = options;
  if (options.place) return { where: options.place, maxRows };
  if (padTo !== null) return { where: (await fastest(run, tile(manifest, padTo), padTo, now)) > sliceMs ? "workers" : "in-place", maxRows };
  let fitting = 0;
  for (let rows = Math.min(FEWEST_ROWS, maxRows); ; rows = Math.min(2 * rows, maxRows)) {
    if ((await fastest(run, tile(manifest, rows), rows, now)) > sliceMs) break;
    fitting = rows;
    if (rows === maxRows) break;
  }
  return fitting === 0 ? { where: "workers", maxRows } : { where: "in-place", maxRows: fitting };
}

async function fastest(run: Runner, features: Float32Array<ArrayBuffer>, rows: number, now: () => number): Promise<number> {
  let best = Infinity;
  for (let i = 0; i < ATTEMPTS; i++) {
    const started = now();
    await run(features, rows);
    best = Math.min(best, now() - started);
  }
  return best;
}

function tile(manifest: Manifest, rows: number): Float32Array<ArrayBuffer> {
  const golden = goldenFeatures(manifest);
  const features = new Float32Array(rows * manifest.input.shape[1]);
  for (let i = 0; i < features.length; i++) features[i] = golden[i % golden.length] ?? 0; // zeros where there is no golden row
  return features;
}
