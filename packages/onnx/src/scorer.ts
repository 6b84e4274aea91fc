import type { Manifest } from "@weir/model";
import type { Native, NativeScores } from "./native.ts";
import type { Runner } from "./slices.ts";
import { LeftToRuntime } from "./trees/left-to-runtime.ts";
import { findDifference } from "./trees/proof.ts";
import { proofRows, type ProofRows } from "./trees/proof-rows.ts";
import { compileTrees, type Trees } from "./trees/trees.ts";

/** What computes the scores of a model: ONNX Runtime, or for ensembles of trees a kernel in WebAssembly that gives the same bits. */
export type Engine = "onnxruntime" | "trees";

export interface Scorer {
  readonly engine: Engine;
  /** Why this one, in a sentence. */
  readonly why: string;
  readonly run: Runner;
}

/** Steps through trees that a proof takes at most; the runtime makes some 100 million a second. */
const PROOF_STEPS = 50_000_000;
const PROOF_ROWS = 16_384;
const PROOF_NUMBERS = 4_000_000;
/** Short runs, many of them: some are not disturbed by what else the machine does. */
const TIMED_ROWS = 256;
const ATTEMPTS = 9;
const SEED = 1;

/** The kernel, if the model is made of trees, the kernel gives the runtime's bits on all rows of the proof, and it takes less time. */
export async function chooseScorer(native: Native, model: Uint8Array, manifest: Manifest, now: () => number): Promise<Scorer> {
  const width = manifest.input.shape[1];
  const runtime = (why: string): Scorer => ({ engine: "onnxruntime", why, run: native.run });
  let trees: Trees;
  try {
    trees = compileTrees(model, { input: manifest.input.name, scores: manifest.outputs.scores, features: width });
  } catch (error) {
    if (error instanceof LeftToRuntime) return runtime(error.message);
    throw error;
  }
  const steps = trees.planes.trees.reduce((sum, { depth }) => sum + depth, 1);
  const mostRows = Math.floor(Math.min(PROOF_ROWS, PROOF_STEPS / steps, PROOF_NUMBERS / width));
  const proof = proofRows(trees.planes, { width, mostRows, random: seeded(SEED) });
  const difference = await findDifference(trees, native.run, proof);
  if (difference !== null) return runtime(`the kernel gives other bits: ${difference}`);
  const run = runTrees(trees, native.run);
  const ours = await fastest(run, proof, now);
  const theirs = await fastest(native.run, proof, now);
  const figures = `${ours.toPrecision(2)} µs a row instead of ${theirs.toPrecision(2)}, equal on ${proof.rows} rows`;
  return ours < theirs ? { engine: "trees", why: figures, run } : runtime(`the kernel takes no less time: ${figures}`);
}

/** The kernel; rows that it is unsure of are asked of the runtime, which is sure of itself. */
export function runTrees(trees: Trees, runtime: Runner): Runner {
  return async (features, rows) => {
    const values = new Float32Array(rows * trees.width);
    const unsure = trees.score(features, rows, values);
    if (unsure.length > 0) await ask(unsure, { features, rows, runtime, scores: { values, width: trees.width } });
    return { values, width: trees.width };
  };
}

interface Asking {
  readonly features: Float32Array;
  readonly rows: number;
  readonly runtime: Runner;
  readonly scores: NativeScores;
}

async function ask(unsure: readonly number[], { features, rows, runtime, scores: { values, width } }: Asking): Promise<void> {
  const perRow = features.length / rows;
  const asked = new Float32Array(Math.max(2, unsure.length) * perRow); // the runtime never runs one row alone
  unsure.forEach((row, i) => asked.set(features.subarray(row * perRow, (row + 1) * perRow), i * perRow));
  const answer = await runtime(asked, asked.length / perRow);
  unsure.forEach((row, i) => values.set(answer.values.subarray(i * width, (i + 1) * width), row * width));
}

/** µs a row, on rows of which no two are alike, so that nothing is learned from one to the next. */
async function fastest(run: Runner, { features, rows }: ProofRows, now: () => number): Promise<number> {
  const count = Math.min(TIMED_ROWS, rows);
  const some = features.slice(0, (count * features.length) / rows);
  let best = Infinity;
  for (let i = 0; i < ATTEMPTS; i++) {
    const started = now();
    await run(some, count);
    best = Math.min(best, now() - started);
  }
  return (1000 * best) / count;
}

/** Numbers in [0, 1), the same for everybody: mulberry32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
