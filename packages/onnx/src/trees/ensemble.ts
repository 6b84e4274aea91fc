import { LeftToRuntime } from "./left-to-runtime.ts";
import type { Attribute, Operator } from "./operators.ts";

/** Nodes of all trees as parallel lists, in the order of the file. */
export interface Ensemble {
  readonly mode: readonly string[];
  readonly feature: readonly number[];
  /** Float32 values. */
  readonly threshold: readonly number[];
  /** NaN goes where a value goes for which the condition holds. */
  readonly missingTracksTrue: readonly boolean[];
  /** Index of the node below, of splits. */
  readonly whenTrue: readonly number[];
  readonly whenFalse: readonly number[];
  /** Of leaves: what they add, at most one weight for each sum. */
  readonly weights: readonly (readonly Weight[])[];
  /** Index of each tree's first node; trees are summed in this order. */
  readonly roots: readonly number[];
}

export interface Weight {
  /** Of which sum. */
  readonly sum: number;
  /** A float32 value. */
  readonly value: number;
}

/** More would be slower to prove than what is gained. */
const MOST_NODES = 1 << 20;

/** The trees of a TreeEnsembleClassifier or -Regressor, ai.onnx.ml versions 1 and 3. @throws {LeftToRuntime} */
export function readEnsemble({ attributes }: Operator): Ensemble {
  for (const name of attributes.keys()) if (name.endsWith("_as_tensor")) throw new LeftToRuntime(`${name}: numbers of 64 bits`);
  const ints = (name: string): readonly number[] => attributes.get(name)?.ints ?? [];
  const trees = ints("nodes_treeids");
  const nodes = ints("nodes_nodeids");
  const mode = attributes.get("nodes_modes")?.texts ?? [];
  const feature = ints("nodes_featureids");
  const threshold = attributes.get("nodes_values")?.floats ?? [];
  const count = trees.length;
  const whenTrue = ints("nodes_truenodeids");
  const whenFalse = ints("nodes_falsenodeids");
  if (count === 0 || count > MOST_NODES) throw new LeftToRuntime(`${count} nodes`);
  if ([nodes, mode, feature, threshold, whenTrue, whenFalse].some((list) => list.length !== count))
    throw new LeftToRuntime("lists of nodes that are not equally long");
  const places = new Map(trees.map((tree, i) => [`${tree}/${nodes[i]}`, i]));
  if (places.size !== count) throw new LeftToRuntime("two nodes of the same number");
  const isLeaf = mode.map((m) => m === "LEAF");
  const below = (list: readonly number[]): readonly number[] =>
    list.map((node, i) => (isLeaf[i] ? i : (places.get(`${trees[i]}/${node}`) ?? missing(`${trees[i]}/${node}`))));
  const tracks = ints("nodes_missing_value_tracks_true");
  return {
    mode,
    feature,
    threshold,
    missingTracksTrue: trees.map((_, i) => tracks[i] === 1),
    whenTrue: below(whenTrue),
    whenFalse: below(whenFalse),
    weights: readWeights(attributes, places, isLeaf),
    roots: rootsOf(trees),
  };
}

function missing(node: string): never {
  throw new LeftToRuntime(`no node ${node}`);
}

/** A tree begins where its number does; all its nodes follow. */
function rootsOf(trees: readonly number[]): readonly number[] {
  const roots = trees.flatMap((tree, i) => (i === 0 || trees[i - 1] !== tree ? [i] : []));
  if (new Set(roots.map((root) => trees[root])).size !== roots.length) throw new LeftToRuntime("trees whose nodes are scattered");
  return roots;
}

/** Classifiers call them class weights, regressors target weights. */
function readWeights(
  attributes: ReadonlyMap<string, Attribute>,
  places: ReadonlyMap<string, number>,
  isLeaf: readonly boolean[],
): readonly (readonly Weight[])[] {
  const of = attributes.has("class_ids") ? "class" : "target";
  const ints = (name: string): readonly number[] => attributes.get(`${of}_${name}`)?.ints ?? [];
  const [trees, nodes, sums] = [ints("treeids"), ints("nodeids"), ints("ids")];
  const values = attributes.get(`${of}_weights`)?.floats ?? [];
  if ([trees, nodes, values].some((list) => list.length !== sums.length))
    throw new LeftToRuntime("lists of weights that are not equally long");
  const weights = isLeaf.map((): Weight[] => []);
  values.forEach((value, i) => {
    const place = places.get(`${trees[i]}/${nodes[i]}`) ?? missing(`${trees[i]}/${nodes[i]}`);
    if (isLeaf[place]) weights[place]!.push({ sum: sums[i]!, value }); // a list a node, lists equally long
  });
  isLeaf.forEach((leaf, i) => {
    const own = weights[i]!; // as above
    if (leaf && (own.length === 0 || new Set(own.map(({ sum }) => sum)).size !== own.length))
      throw new LeftToRuntime("leaves without a weight, or with two for one sum");
  });
  return weights;
}
