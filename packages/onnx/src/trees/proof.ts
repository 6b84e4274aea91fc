import type { Runner } from "../slices.ts";
import type { ProofRows } from "./proof-rows.ts";
import type { Trees } from "./trees.ts";

/** Rows a run of the runtime, in turn: its answers may not hang on how many rows there are. */
const RUN_ROWS: readonly number[] = [2, 3, 64, 129, 500, 2048];

/** Null if the trees give the runtime's scores on all rows, bit by bit (all NaN are one), whatever the size of its runs; else the first that differs. */
export async function findDifference(trees: Trees, runtime: Runner, { features, rows }: ProofRows): Promise<string | null> {
  const { width } = trees;
  const found = new Float32Array(rows * width);
  const unsure = new Set(trees.score(features, rows, found));
  const perRow = features.length / rows;
  for (let first = 0, run = 0; first < rows; run++) {
    const count = Math.min(rows - first, RUN_ROWS[run % RUN_ROWS.length]!); // within the list
    const { values, width: wanted } = await runtime(features.slice(first * perRow, (first + count) * perRow), count);
    if (wanted !== width) return `${width} scores a row instead of ${wanted}`;
    for (let i = 0; i < count * width; i++) {
      const row = first + Math.floor(i / width);
      const [ours, theirs] = [found[first * width + i]!, values[i]!]; // a score each
      if (!Object.is(ours, theirs) && !unsure.has(row)) return `score ${i % width} of row ${row} is ${theirs}; the trees say ${ours}`;
    }
    first += count;
  }
  return null;
}
