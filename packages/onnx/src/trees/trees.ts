import { readEnsemble } from "./ensemble.ts";
import { findEnsemble } from "./find-ensemble.ts";
import { readFinish } from "./finish.ts";
import { BLOCK_ROWS, createTreeKernel } from "./kernel.ts";
import { readGraph } from "./operators.ts";
import { layOut, type Planes } from "./planes.ts";

/** A model of trees, compiled. */
export interface Trees {
  readonly planes: Planes;
  /** Scores a row. */
  readonly width: number;
  /**
   * The scores of `rows` rows, row after row, into `scores`. Gives the rows whose last digit hangs on the runtime's own library
   * of mathematics, in their order: one in some hundred where sums are squashed, else none.
   */
  score(features: Float32Array, rows: number, scores: Float32Array): readonly number[];
}

export interface TreesInput {
  readonly input: string;
  readonly scores: string;
  /** Numbers a row that go in. */
  readonly features: number;
}

/** @throws {LeftToRuntime} the model is no ensemble of trees, or has something that the kernel does not do */
export function compileTrees(model: Uint8Array, { input, scores, features }: TreesInput): Trees {
  const operator = findEnsemble(readGraph(model), input, scores);
  const ensemble = readEnsemble(operator);
  const finish = readFinish(operator, ensemble);
  const planes = layOut(ensemble, features);
  const kernel = createTreeKernel(planes, features, finish.sums);
  return {
    planes,
    width: finish.width,
    score(tensor, rows, to) {
      const unsure: number[] = [];
      for (let first = 0; first < rows; first += BLOCK_ROWS) {
        const count = Math.min(BLOCK_ROWS, rows - first);
        const at = kernel.sum(tensor, first, count);
        finish.write(kernel.floats(), { at, stride: BLOCK_ROWS, rows: count }, to, first, unsure);
      }
      return unsure;
    },
  };
}
