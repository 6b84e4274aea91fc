import { floatsAttribute, intsAttribute, modelBytes, operator, textAttribute, textsAttribute } from "../onnx-bytes.ts";
import { createRandom } from "../random.ts";
import type { PipelineModel } from "../w1/folder.ts";
import type { Feature } from "../w1/records.ts";

export interface TreesOptions {
  readonly seed: number;
  readonly features: readonly Feature[];
  readonly trees: number;
  /** Splits from the root to every leaf. */
  readonly depth: number;
}

/** Rows on which the leaves are scaled. */
const PROBE_ROWS = 4000;
/** Share of rows whose confidence is to be at least 0.9. */
const CONFIDENT_SHARE = 0.65;
const DOMAIN = "ai.onnx.ml";
const DOMAIN_VERSION = 3;

/**
 * Gradient boosted trees as libraries export them: a sum over random full trees from a seed, squashed to the probability of the
 * second of two classes. Every split halves what is left of a random feature on the average, so that rows take all ways; leaves are
 * scaled so that about 65 % of uniformly drawn rows get a confidence of at least 0.9.
 */
export function boostedTrees(options: TreesOptions): PipelineModel {
  const random = createRandom(options.seed);
  const trees = Array.from({ length: options.trees }, () => randomTree(random, options));
  const { centre, scale } = scaleOf(trees, random, options.features);
  const classifier = operator({
    op: "TreeEnsembleClassifier",
    domain: DOMAIN,
    inputs: ["features"],
    outputs: ["label", "probabilities"],
    attributes: [
      ...nodeAttributes(trees),
      ...leafAttributes(trees, scale),
      floatsAttribute("base_values", [-centre * scale]),
      intsAttribute("classlabels_int64s", [0, 1]),
      textAttribute("post_transform", "LOGISTIC"),
    ],
  });
  const bytes = modelBytes({
    nodes: [classifier],
    tensors: [],
    input: ["features", options.features.length],
    output: ["probabilities", 2],
    opsets: { [DOMAIN]: DOMAIN_VERSION },
  });
  return { bytes, classes: ["genuine", "fraud"], opsets: { "": 17, [DOMAIN]: DOMAIN_VERSION } };
}

/** Nodes level by level: those below node i are 2i + 1, where a value is at most the threshold, and 2i + 2. */
interface Tree {
  /** Of the splits; leaves follow them. */
  readonly feature: Int32Array;
  readonly threshold: Float32Array;
  readonly leaf: Float32Array;
}

function randomTree(random: () => number, { features, depth }: TreesOptions): Tree {
  const splits = 2 ** depth - 1;
  const tree: Tree = {
    feature: new Int32Array(splits),
    threshold: new Float32Array(splits),
    leaf: Float32Array.from({ length: splits + 1 }, () => random() * 2 - 1),
  };
  const grow = (node: number, ranges: readonly (readonly [number, number])[]): void => {
    if (node >= splits) return;
    const feature = Math.floor(random() * features.length);
    const [low, high] = ranges[feature]!; // one a feature
    const threshold = low + random() * (high - low);
    tree.feature[node] = feature;
    tree.threshold[node] = threshold;
    grow(2 * node + 1, ranges.with(feature, [low, threshold]));
    grow(2 * node + 2, ranges.with(feature, [threshold, high]));
  };
  grow(
    0,
    features.map(([, low, high]) => [low, high]),
  );
  return tree;
}

function sumOf(trees: readonly Tree[], row: Float32Array): number {
  return trees.reduce((sum, { feature, threshold, leaf }) => {
    let node = 0;
    while (node < feature.length) node = 2 * node + (row[feature[node]!]! <= threshold[node]! ? 1 : 2); // a split has both
    return sum + leaf[node - feature.length]!; // leaves follow the splits
  }, 0);
}

/** What is taken from a sum and what the rest is multiplied with until the wanted share is confident. */
function scaleOf(trees: readonly Tree[], random: () => number, features: readonly Feature[]): { centre: number; scale: number } {
  const sums = Array.from({ length: PROBE_ROWS }, () =>
    sumOf(
      trees,
      Float32Array.from(features, ([, low, high]) => low + random() * (high - low)),
    ),
  );
  const centre = sums.toSorted((a, b) => a - b)[PROBE_ROWS / 2]!; // there are as many
  const sizes = sums.map((sum) => Math.abs(sum - centre)).toSorted((a, b) => a - b);
  return { centre, scale: Math.log(9) / sizes[Math.floor(PROBE_ROWS * (1 - CONFIDENT_SHARE))]! }; // within the rows
}

/** Splits and leaves of all trees, as parallel lists. */
function nodeAttributes(trees: readonly Tree[]): Uint8Array[] {
  const lists = { tree: [] as number[], node: [] as number[], feature: [] as number[], below: [] as number[], above: [] as number[] };
  const modes: string[] = [];
  const values: number[] = [];
  trees.forEach(({ feature, threshold }, tree) => {
    const splits = feature.length;
    for (let node = 0; node < 2 * splits + 1; node++) {
      const isSplit = node < splits;
      lists.tree.push(tree);
      lists.node.push(node);
      lists.feature.push(isSplit ? feature[node]! : 0); // a split has all of it
      lists.below.push(isSplit ? 2 * node + 1 : 0);
      lists.above.push(isSplit ? 2 * node + 2 : 0);
      modes.push(isSplit ? "BRANCH_LEQ" : "LEAF");
      values.push(isSplit ? threshold[node]! : 0); // as above
    }
  });
  return [
    intsAttribute("nodes_treeids", lists.tree),
    intsAttribute("nodes_nodeids", lists.node),
    intsAttribute("nodes_featureids", lists.feature),
    intsAttribute("nodes_truenodeids", lists.below),
    intsAttribute("nodes_falsenodeids", lists.above),
    textsAttribute("nodes_modes", modes),
    floatsAttribute("nodes_values", values),
  ];
}

function leafAttributes(trees: readonly Tree[], scale: number): Uint8Array[] {
  const leaves = trees.flatMap(({ feature, leaf }, tree) =>
    Array.from(leaf, (weight, i) => ({ tree, node: feature.length + i, weight: weight * scale })),
  );
  return [
    intsAttribute(
      "class_treeids",
      leaves.map(({ tree }) => tree),
    ),
    intsAttribute(
      "class_nodeids",
      leaves.map(({ node }) => node),
    ),
    intsAttribute(
      "class_ids",
      leaves.map(() => 0),
    ),
    floatsAttribute(
      "class_weights",
      leaves.map(({ weight }) => weight),
    ),
  ];
}
