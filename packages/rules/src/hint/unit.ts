import { distances } from "@weir/stats";
import type { NumberColumnBaseline } from "../drift/baseline.ts";
import type { MagnitudeCounter } from "./magnitude-counter.ts";

/** What a window's numbers seem to have been multiplied with: a hint for people, on which nothing acts. */
export interface Rescaled {
  readonly factor: number;
  /** Units that differ by it. */
  readonly as: string;
  /** Jensen–Shannon distance from the baseline as the numbers are, and divided by the factor. */
  readonly effect: number;
  readonly effectAfter: number;
}

/** The column of a rule `drift` and the magnitudes of a window that are held against it. */
export interface ScaleRule {
  readonly column: NumberColumnBaseline;
  readonly counter: MagnitudeCounter;
}

const MILE = 1.609344;
const POUND = 2.20462262;
const FOOT = 3.2808399;

const UNITS: readonly (readonly [factor: number, as: string])[] = [
  [MILE, "miles to kilometres"],
  [1 / MILE, "kilometres to miles"],
  [POUND, "kilograms to pounds"],
  [1 / POUND, "pounds to kilograms"],
  [FOOT, "metres to feet"],
  [1 / FOOT, "feet to metres"],
  [60, "minutes to seconds, or hours to minutes"],
  [1 / 60, "seconds to minutes, or minutes to hours"],
  [10, "tenfold"],
  [0.1, "a tenth"],
  [100, "hundredfold: whole units to hundredths"],
  [0.01, "a hundredth: hundredths to whole units"],
  [1000, "thousandfold: seconds to milliseconds, kilometres to metres"],
  [0.001, "a thousandth: milliseconds to seconds, metres to kilometres"],
];

/** After rescaling a window must be as near as one that has not drifted, and at most half as far as before. */
const NEAR = distances.js.fail;
const SHARE_OF_BEFORE = 0.5;

/** The unit in which the window is nearest to the baseline; null where no other one explains it. The whole shape decides: a median may have moved for other reasons. */
export function rescaledBy({ column, counter }: ScaleRule, magnitudes: Float64Array): Rescaled | null {
  if (!magnitudes.some((count) => count > 0)) return null;
  const baseline = column.counts.slice(0, column.edges.length + 3); // under, the bins, over
  const effectAt = (factor: number): number =>
    distances.js.measure({ baseline, window: cellsAt(column, counter, magnitudes, factor) }).effect;
  const effect = effectAt(1);
  const [best] = UNITS.map(([factor, as]) => ({ factor, as, effectAfter: effectAt(factor) })).sort((a, b) => a.effectAfter - b.effectAfter);
  if (!best || best.effectAfter > NEAR || best.effectAfter > SHARE_OF_BEFORE * effect) return null;
  return { ...best, factor: short(best.factor), effect: short(effect), effectAfter: short(best.effectAfter) };
}

/** How the numbers, divided by the factor, lie in the cells of the baseline; what lies on both sides of an edge is split in proportion. */
function cellsAt({ min, max, edges }: NumberColumnBaseline, counter: MagnitudeCounter, magnitudes: Float64Array, factor: number): number[] {
  const ends = [-Infinity, min, ...edges, max, Infinity];
  const cells = new Array<number>(ends.length - 1).fill(0);
  magnitudes.forEach((count, cell) => {
    if (count === 0) return;
    const [from, to] = counter.rangeOf(cell).map((x) => x / factor) as [number, number]; // as many
    for (let i = 0; i < cells.length; i++) {
      cells[i]! += count * shareWithin(from, to, ends[i]!, ends[i + 1]!); // i < length
    }
  });
  return cells;
}

/** Share of (from, to] that lies in (low, high]; of a single point all or nothing. */
function shareWithin(from: number, to: number, low: number, high: number): number {
  if (from === to) return from > low && from <= high ? 1 : 0;
  return Math.max(0, Math.min(to, high) - Math.max(from, low)) / (to - from);
}

function short(x: number): number {
  return Number(x.toPrecision(6));
}
