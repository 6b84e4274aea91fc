import { PRESENT } from "@weir/record";
import type { NumberColumnBaseline } from "../drift/baseline.ts";
import type { CellCounter } from "../drift/cell-counter.ts";

/**
 * Counts numbers by sign and magnitude, eight cells an octave, far beyond the bounds of the baseline: what a window would look like in
 * another unit. Cells: near zero, then magnitudes of positive numbers upwards, then those of negative ones where the baseline has any.
 */
export interface MagnitudeCounter extends CellCounter {
  /** What a cell holds, from one value to another; near zero both are 0. */
  rangeOf(cell: number): readonly [from: number, to: number];
}

/** Octaves below the smallest and above the greatest magnitude of the baseline: 2^11, for a factor of a thousand. */
const BEYOND_OCTAVES = 11;
const MOST_OCTAVES = 64;
const PER_OCTAVE = 8;

const double = new Float64Array(1);
const words = new Int32Array(double.buffer);

/** The upper half of a double, where the lower one comes first, as on all processors that Node runs on but one. */
const HIGH = new Uint8Array(Int32Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** Exponent and three bits behind it. */
function bucketOf(x: number): number {
  double[0] = x;
  return (words[HIGH]! & 0x7fffffff) >>> 17; // one of two
}

/** The smallest magnitude of a bucket. */
function startOf(bucket: number): number {
  double[0] = 0;
  words[HIGH] = bucket << 17;
  return double[0];
}

export function magnitudeCounter(pointer: string, { min, max, edges }: NumberColumnBaseline): MagnitudeCounter {
  const magnitudes = [min, ...edges, max].map(Math.abs).filter((x) => x > 0);
  const least = magnitudes.length === 0 ? 1 : Math.min(...magnitudes);
  const most = Math.max(least, ...magnitudes);
  const lowest = Math.max(1, bucketOf(least) - BEYOND_OCTAVES * PER_OCTAVE);
  const size = Math.min(MOST_OCTAVES * PER_OCTAVE, bucketOf(most) + BEYOND_OCTAVES * PER_OCTAVE - lowest + 1);
  const negative = min < 0;
  return {
    request: { pointer, as: "number" },
    size: 1 + (negative ? 2 : 1) * size,
    count: ({ column, counted, first, end }, cells, at) => {
      if (column.kind !== "number") return;
      const { values, presence } = column;
      const there = PRESENT; // an imported name is looked up with every row
      for (let row = first; row < end; row++) {
        if (counted[row] !== 1 || presence[row] !== there) continue;
        const x = values[row]!; // row < end
        let place = bucketOf(x) - lowest + 1;
        place = place < 0 ? 0 : place > size ? size : place;
        if (x < 0 && place > 0) place = negative ? size + place : 0;
        cells[at + place]!++; // a cell
      }
    },
    rangeOf: (cell) => {
      if (cell === 0) return [0, 0];
      const place = cell > size ? cell - size : cell;
      const [from, to] = [startOf(lowest + place - 1), startOf(lowest + place)];
      return cell > size ? [-to, -from] : [from, to];
    },
  };
}
