import { PRESENT } from "@weir/record";
import type { CellCounter } from "../drift/cell-counter.ts";
import type { MeanSpec, QuantileSpec } from "../spec.ts";

/** What is said of one number of a window. */
export interface FigureAnswer {
  readonly verdict: "pass" | "breach";
  /** Records with a number. */
  readonly n: number;
  /** `quantile`: records beyond the bound that decided. */
  readonly k?: number;
  readonly value?: number;
}

/** A number that a window has as a whole, added up in cells and held to bounds. */
export interface FigureRule {
  readonly counter: CellCounter;
  /** Null when no record has a number. */
  answer(cells: Float64Array): FigureAnswer | null;
}

export function figureRule(spec: MeanSpec | QuantileSpec): FigureRule {
  return spec.kind === "mean" ? meanRule(spec) : quantileRule(spec);
}

/**
 * Cells: how many numbers, their sum. Sums of fractions depend on the order: they are added in the order of the log within a
 * partition and merged in the order of the partitions.
 */
function meanRule({ field, min = -Infinity, max = Infinity }: MeanSpec): FigureRule {
  return {
    counter: numberCounter(field, 2, (x, cells, at) => {
      cells[at]!++;
      cells[at + 1]! += x;
    }),
    answer: ([n = 0, sum = 0]) => {
      if (n === 0) return null;
      const value = sum / n;
      return { verdict: value < min || value > max ? "breach" : "pass", n, value: Number(value.toPrecision(12)) };
    },
  };
}

/**
 * Cells: how many numbers, those below min, those above max. The q-quantile is the smallest number that a share q of all does not
 * exceed (nearest rank), so that it is below min where below ≥ q·n, and above max where n − above < q·n: integers are compared, and
 * nothing is estimated.
 */
function quantileRule({ field, q, min = -Infinity, max = Infinity }: QuantileSpec): FigureRule {
  const ppm = Math.round(q * PPM);
  return {
    counter: numberCounter(field, 3, (x, cells, at) => {
      cells[at]!++;
      if (x < min) cells[at + 1]!++;
      else if (x > max) cells[at + 2]!++;
    }),
    answer: ([n = 0, below = 0, above = 0]) => {
      if (n === 0) return null;
      const tooLow = below * PPM >= ppm * n;
      const tooHigh = (n - above) * PPM < ppm * n;
      const k = tooLow || max === Infinity ? below : above;
      return { verdict: tooLow || tooHigh ? "breach" : "pass", n, k };
    },
  };
}

const PPM = 1_000_000;

function numberCounter(pointer: string, size: number, add: (x: number, cells: Float64Array, at: number) => void): CellCounter {
  return {
    request: { pointer, as: "number" },
    size,
    count: ({ column, counted, first, end }, cells, at) => {
      if (column.kind !== "number") return;
      const { values, presence } = column;
      for (let row = first; row < end; row++) if (counted[row] === 1 && presence[row] === PRESENT) add(values[row]!, cells, at); // row < end
    },
  };
}
