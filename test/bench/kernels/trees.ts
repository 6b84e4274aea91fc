import { createHash } from "node:crypto";
import { parseManifest } from "@weir/model";
import { openModel, type ModelSession } from "@weir/onnx";
import { boostedTrees, createRandom } from "@weir/testkit";

// node --conditions=weir-source --import tsx test/bench/kernels/trees.ts [TREES [DEPTH]]: processor time a row of boosted trees over
// 30 features, in ONNX Runtime (one thread) and in the kernel. Whole runs of `session.run`: slices, copies and, for the kernel, the
// rows that it asks ONNX Runtime about. 100,000 rows of which no two are alike, so that nothing is learned from one to the next;
// the two in turns, the least and the median of 11 turns each. All scores are compared bit by bit.

const [trees = 100, depth = 6] = process.argv.slice(2).map(Number);
const FEATURES = 30;
const ROWS = 100_000;
const TURNS = 11;
const RUN_ROWS = [64, 512, 2048];

const names = Array.from({ length: FEATURES }, (_, i) => `feature_${i}`);
const { bytes, classes } = boostedTrees({ seed: 7, features: names.map((name) => [name, 0, 1]), trees, depth });
const manifest = parseManifest({
  model: "trees",
  version: "1",
  digest: createHash("sha256").update(bytes).digest("hex"),
  normalised: [],
  onnx: { ir: 8, opsets: { "": 17, "ai.onnx.ml": 3 }, producer: "weir-testkit" },
  inputs: [
    {
      name: "features",
      datatype: "FP32",
      shape: [-1, FEATURES],
      features: names.map((name) => ({ name, field: `/${name}`, encode: { kind: "number", missing: "refuse" } })),
    },
  ],
  outputs: { label: null, scores: "probabilities", kind: "probabilities", classes },
  batch: { dynamic: true, max: 2048, reproducible: false },
  calibration: { method: "none" },
  baseline: null,
  golden: [],
  training: { note: "random weights" },
  owner: "user:tests",
});
const runtime = await openModel(bytes, manifest, { engine: "onnxruntime", place: "in-place" });
const kernel = await openModel(bytes, manifest, { place: "in-place" });
const random = createRandom(11);
const features = Float32Array.from({ length: ROWS * FEATURES }, random);

/** Processor time in µs a row. */
async function turn(session: ModelSession, rows: number): Promise<number> {
  const before = process.cpuUsage();
  let done = 0;
  for (; done + rows <= ROWS; done += rows) await session.run(features.subarray(done * FEATURES, (done + rows) * FEATURES), rows);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / done;
}

const [wanted, found] = [await runtime.run(features, ROWS), await kernel.run(features, ROWS)];
const differing = Array.from(found.values).filter((value, i) => !Object.is(value, wanted.values[i])).length;
console.log(JSON.stringify({ trees, depth, engine: kernel.engine, why: kernel.why, rows: ROWS, differing }));
for (const rows of RUN_ROWS) {
  const times = { runtime: [] as number[], kernel: [] as number[] };
  for (let i = 0; i < TURNS; i++) {
    times.runtime.push(await turn(runtime, rows));
    times.kernel.push(await turn(kernel, rows));
  }
  const [slow, fast] = [times.runtime.toSorted((a, b) => a - b), times.kernel.toSorted((a, b) => a - b)];
  const middle = TURNS >> 1;
  const say = (micros: number | undefined): number => Number((micros ?? NaN).toFixed(3));
  console.log(
    JSON.stringify({
      rowsARun: rows,
      leastMicros: { runtime: say(slow[0]), kernel: say(fast[0]) },
      medianMicros: { runtime: say(slow[middle]), kernel: say(fast[middle]) },
      ratioOfMedians: say(fast[middle]! / slow[middle]!), // TURNS is more than one
    }),
  );
}
await Promise.all([runtime.close(), kernel.close()]);
