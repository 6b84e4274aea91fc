import { RetriableError } from "@weir/record";
import type { NativeScores } from "./native.ts";

/** Whoever runs a slice: this process or a worker. */
export type Runner = (features: Float32Array<ArrayBuffer>, rows: number) => Promise<NativeScores>;

export interface SliceOptions {
  /** Numbers a row that go in. */
  readonly inputWidth: number;
  /** Numbers a row that come out. */
  readonly outputWidth: number;
  /** Most rows a run. */
  readonly maxRows: number;
  /** Every run has this many rows; null: as many as there are, but never one. */
  readonly padTo: number | null;
  /** Several may work at once. */
  readonly runners: readonly Runner[];
}

export interface SliceResult extends NativeScores {
  /** By row: what its run failed with. Their numbers are NaN. */
  readonly errors: ReadonlyMap<number, unknown>;
  readonly runs: number;
}

/** Rows that are looked for one by one in a call; past them a failing slice fails whole, so that a broken model ends soon. */
export const ISOLATED_MAX = 8;

/** Runs all rows in slices. A slice that fails is halved until the rows that fail it are alone; the others go on. */
export async function runInSlices(features: Float32Array, rows: number, options: SliceOptions): Promise<SliceResult> {
  const { outputWidth, maxRows, runners } = options;
  const errors = new Map<number, unknown>();
  const state = { values: null as Float32Array | Float64Array | null, runs: 0, isolated: 0 };
  const keep = (from: number, count: number, scores: NativeScores): void => {
    if (scores.width !== outputWidth) throw new Error(`the model gave ${scores.width} numbers a row, ${outputWidth} when it was loaded`);
    const found = scores.values.subarray(0, count * outputWidth);
    if (count === rows) state.values = found;
    else {
      state.values ??=
        scores.values instanceof Float32Array
          ? new Float32Array(rows * outputWidth).fill(NaN)
          : new Float64Array(rows * outputWidth).fill(NaN);
      state.values.set(found, from * outputWidth);
    }
  };
  const slice = async (runner: Runner, from: number, to: number): Promise<void> => {
    state.runs++;
    try {
      keep(from, to - from, await runner(...inputOf(features, from, to, options)));
    } catch (error) {
      if (error instanceof RetriableError) throw error; // no row's fault
      if (to - from === 1 || state.isolated >= ISOLATED_MAX) {
        state.isolated++;
        for (let row = from; row < to; row++) errors.set(row, error);
        return;
      }
      const middle = (from + to) >> 1;
      await slice(runner, from, middle);
      await slice(runner, middle, to);
    }
  };
  let next = 0;
  const work = async (runner: Runner): Promise<void> => {
    while (next < rows) {
      const from = next;
      next = Math.min(rows, from + maxRows);
      await slice(runner, from, next);
    }
  };
  await Promise.all(runners.map(work));
  return { values: state.values ?? new Float32Array(rows * outputWidth).fill(NaN), width: outputWidth, errors, runs: state.runs };
}

/** The rows of a slice as a buffer of their own; filled up with copies of the last row where a run must not be so short. */
function inputOf(features: Float32Array, from: number, to: number, options: SliceOptions): [Float32Array<ArrayBuffer>, number] {
  const { inputWidth: width, padTo } = options;
  const count = to - from;
  const rows = padTo ?? Math.max(2, count);
  const input = new Float32Array(rows * width);
  input.set(features.subarray(from * width, to * width));
  for (let row = count; row < rows; row++) input.copyWithin(row * width, (count - 1) * width, count * width);
  return [input, rows];
}
