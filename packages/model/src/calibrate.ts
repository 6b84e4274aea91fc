import type { Calibration, OutputKind } from "./manifest.ts";

/** Changes scores, one column a class, in place. */
export type Calibrator = (columns: readonly Float64Array[]) => void;

/**
 * Temperature scaling (Guo et al. 2017): the softmax of logits / T, here from the probabilities, as p^(1/T) brought to a
 * sum of 1; where the classes are independent, each is scaled against its own complement.
 */
export function compileCalibration(calibration: Calibration, kind: OutputKind): Calibrator {
  if (calibration.method === "none") return () => undefined;
  const power = 1 / calibration.parameters.temperature;
  if (kind === "sigmoid") {
    return (columns) =>
      change(columns, (p) => {
        const yes = Math.pow(within(p), power);
        return yes / (yes + Math.pow(1 - within(p), power));
      });
  }
  return (columns) => {
    change(columns, (p) => Math.pow(within(p), power));
    normalise(columns);
  };
}

/** Float32 sums leave [0, 1] by some 1e-7; what is further out is kept, so that it is refused later. */
function within(p: number): number {
  return p < 0 && p > -1e-3 ? 0 : p > 1 && p < 1 + 1e-3 ? 1 : p >= 0 && p <= 1 ? p : NaN;
}

export function change(columns: readonly Float64Array[], how: (value: number) => number): void {
  for (const column of columns) for (let row = 0; row < column.length; row++) column[row] = how(column[row]!); // row < length
}

/** Brings every row to a sum of 1. */
export function normalise(columns: readonly Float64Array[]): void {
  const rows = columns[0]?.length ?? 0;
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (const column of columns) sum += column[row]!; // row < length
    for (const column of columns) column[row] = column[row]! / sum; // row < length
  }
}
