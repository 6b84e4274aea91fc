import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openNative, type Native } from "../native.ts";
import { runTrees } from "../scorer.ts";
import { LeftToRuntime } from "./left-to-runtime.ts";
import { findDifference } from "./proof.ts";
import { proofRows } from "./proof-rows.ts";
import { compileTrees, type Trees } from "./trees.ts";

const FEATURES = 4;

/** A tree: a leaf's weights by sum, or a split. */
type Tree = { readonly weights: readonly (readonly [sum: number, value: number])[] } | Split;
interface Split {
  readonly mode: string;
  readonly feature: number;
  readonly threshold: number;
  readonly missing: boolean;
  readonly yes: Tree;
  readonly no: Tree;
}

interface Model {
  readonly op: "TreeEnsembleClassifier" | "TreeEnsembleRegressor";
  readonly trees: readonly Tree[];
  readonly sums: number;
  readonly classes?: number;
  readonly base?: readonly number[];
  readonly post?: string;
  readonly aggregate?: string;
  /** The nodes' flags are written. */
  readonly tracks?: boolean;
  readonly packed?: boolean;
}

type Value = number | string | Uint8Array;

function message(...fields: readonly (readonly [number, Value])[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([field, value]) => {
      if (typeof value === "number") return [varint(field * 8), varint(value)];
      const bytes = Buffer.from(value);
      return [varint(field * 8 + 2), varint(bytes.length), bytes];
    }),
  );
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

const float32 = (value: number): Buffer => Buffer.from(Float32Array.of(value).buffer);
/** A float in a field of its own, as exporters in Python write lists. */
const single = (field: number, value: number): Buffer => Buffer.concat([varint(field * 8 + 5), float32(value)]);

function attributesOf(model: Model): Buffer[] {
  const { packed = false } = model;
  const ints = (name: string, list: readonly number[]): Buffer =>
    packed
      ? message([1, name], [8, Buffer.concat(list.map(varint))], [20, 7])
      : message([1, name], ...list.map((n) => [8, n] as const), [20, 7]);
  const floats = (name: string, list: readonly number[]): Buffer =>
    packed
      ? message([1, name], [7, Buffer.concat(list.map(float32))], [20, 6])
      : Buffer.concat([message([1, name]), ...list.map((n) => single(7, n)), message([20, 6])]);
  const nodes = model.trees.flatMap((tree, at) => numbered(tree).map((own, i, all) => ({ own, at, i, all })));
  const split = (own: Tree): Split | null => ("mode" in own ? own : null);
  const weights = nodes.flatMap(({ own, at, i }) =>
    "weights" in own ? own.weights.map(([sum, value]) => ({ tree: at, node: i, sum, value })) : [],
  );
  const is = model.op === "TreeEnsembleClassifier" ? "class" : "target";
  const ids = {
    nodes_treeids: nodes.map((n) => n.at),
    nodes_nodeids: nodes.map((n) => n.i),
    nodes_featureids: nodes.map((n) => split(n.own)?.feature ?? 0),
    nodes_truenodeids: nodes.map((n) => n.all.indexOf(split(n.own)?.yes ?? n.own)),
    nodes_falsenodeids: nodes.map((n) => n.all.indexOf(split(n.own)?.no ?? n.own)),
    ...(model.tracks && { nodes_missing_value_tracks_true: nodes.map((n) => Number(split(n.own)?.missing ?? false)) }),
    [`${is}_treeids`]: weights.map((w) => w.tree),
    [`${is}_nodeids`]: weights.map((w) => w.node),
    [`${is}_ids`]: weights.map((w) => w.sum),
    ...(is === "class" && { classlabels_int64s: Array.from({ length: model.classes ?? model.sums }, (_, i) => i) }),
  };
  const numbers = {
    nodes_values: nodes.map((n) => split(n.own)?.threshold ?? 0),
    [`${is}_weights`]: weights.map((w) => w.value),
    ...(model.base && { base_values: model.base }),
  };
  const texts = { post_transform: model.post, aggregate_function: model.aggregate };
  return [
    message([1, "nodes_modes"], ...nodes.map((n) => [9, split(n.own)?.mode ?? "LEAF"] as const), [20, 8]),
    ...Object.entries(ids).map(([name, list]) => ints(name, list)),
    ...Object.entries(numbers).map(([name, list]) => floats(name, list)),
    ...Object.entries(texts).flatMap(([name, value]) => (value === undefined ? [] : [message([1, name], [4, value], [20, 3])])),
    ...(is === "target" ? [message([1, "n_targets"], [3, model.sums], [20, 2])] : []),
  ];
}

/** The nodes of a tree, level by level; those that several lead to once. */
function numbered(tree: Tree): readonly Tree[] {
  const nodes = new Set([tree]);
  for (const node of nodes) if ("mode" in node) nodes.add(node.no).add(node.yes);
  return [...nodes];
}

function bytesOf(model: Model): Uint8Array {
  const value = (name: string, numbers: number): Buffer =>
    message([1, name], [2, message([1, message([1, 1], [2, message([1, message([2, "N"])], [1, message([1, numbers])])])])]);
  const isClassifier = model.op === "TreeEnsembleClassifier";
  const width = isClassifier ? (model.classes ?? model.sums) : model.sums;
  const ensemble = [...attributesOf(model).map((a) => [5, a] as const), [7, "ai.onnx.ml"] as const];
  const node = (type: string, inputs: readonly string[], outputs: readonly string[], ...rest: (readonly [number, Value])[]): Buffer =>
    message(...inputs.map((i) => [1, i] as const), ...outputs.map((o) => [2, o] as const), [4, type], ...rest);
  const graph = message(
    [1, node("Identity", ["x"], ["same"])],
    [1, node(model.op, ["same"], isClassifier ? ["label", "scores"] : ["scores"], ...ensemble)],
    [1, node("Cast", ["scores"], ["p"], [5, message([1, "to"], [3, 1], [20, 2])])],
    [2, "trees"],
    [11, value("x", FEATURES)],
    [12, value("p", width)],
  );
  return message([1, 8], [7, graph], [8, message([1, ""], [2, 17])], [8, message([1, "ai.onnx.ml"], [2, 3])]);
}

const compile = (bytes: Uint8Array): Trees => compileTrees(bytes, { input: "x", scores: "p", features: FEATURES });
const openRuntime = (bytes: Uint8Array): Promise<Native> => openNative(bytes, { input: "x", scores: "p" });

const MODES = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"];
const threshold = fc.oneof(fc.constantFrom(0, -0, 1, 2, 3, -1, 0.5, Infinity, 2 ** -149), fc.float({ noNaN: true, min: -100, max: 100 }));
const small = fc.float({ noNaN: true, min: -2, max: 2 });

interface Leaves {
  readonly sums: number;
  /** Each leaf has a weight for every sum; else for the sum that is the tree's turn. */
  readonly every: boolean;
  readonly positive: boolean;
}

function anyTree(turn: number, modes: readonly string[], { sums, every, positive }: Leaves): fc.Arbitrary<Tree> {
  const value = positive ? small.map(Math.abs) : small;
  const leaf: fc.Arbitrary<Tree> = every
    ? fc.array(value, { minLength: sums, maxLength: sums }).map((list) => ({ weights: list.map((v, i) => [i, v] as const) }))
    : value.map((v) => ({ weights: [[turn % sums, v] as const] }));
  const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5, depthSize: "large" },
      leaf,
      fc.record({
        mode: fc.constantFrom(...modes),
        feature: fc.nat(FEATURES - 1),
        threshold,
        missing: fc.boolean(),
        yes: tie("tree"),
        no: tie("tree"),
      }),
    ),
  }));
  return tree;
}

const leavesOf = fc.record({ sums: fc.integer({ min: 1, max: 4 }), every: fc.boolean(), positive: fc.boolean() });
const modesOf = fc.oneof(
  fc.constantFrom(...MODES).map((mode) => [mode]),
  fc.constant(MODES),
);
const treesOf = (leaves: Leaves, modes: readonly string[]): fc.Arbitrary<Tree[]> =>
  fc
    .integer({ min: leaves.sums, max: 12 })
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, i) => anyTree(i, modes, leaves))));
const shape = { tracks: fc.boolean(), packed: fc.boolean() };
const bases = (sums: number): fc.Arbitrary<number[]> => fc.array(small, { minLength: sums, maxLength: sums });

const anyRegressor: fc.Arbitrary<Model> = fc.tuple(leavesOf, modesOf).chain(([leaves, modes]) =>
  fc.record(
    {
      op: fc.constant("TreeEnsembleRegressor" as const),
      sums: fc.constant(leaves.sums),
      trees: treesOf(leaves, modes),
      base: bases(leaves.sums),
      aggregate: fc.constantFrom("SUM", "AVERAGE"),
      ...shape,
    },
    { requiredKeys: ["op", "sums", "trees"] },
  ),
);
/** One sum: that of the second of two classes. */
const anyClassifier: fc.Arbitrary<Model> = fc.tuple(leavesOf, modesOf).chain(([leaves, modes]) =>
  fc.record(
    {
      op: fc.constant("TreeEnsembleClassifier" as const),
      sums: fc.constant(leaves.sums),
      classes: fc.constant(leaves.sums === 1 ? 2 : leaves.sums),
      trees: treesOf(leaves, modes),
      ...(leaves.sums !== 2 && { base: bases(leaves.sums) }),
      post: fc.constantFrom("NONE", "LOGISTIC", "SOFTMAX"),
      ...shape,
    },
    { requiredKeys: ["op", "sums", "classes", "trees"] },
  ),
);

function rowsFor(trees: Trees, seed: number): { features: Float32Array; rows: number } {
  let state = seed;
  const random = (): number => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
  return proofRows(trees.planes, { width: FEATURES, mostRows: 400, random });
}

const leaf = (...values: readonly number[]): Tree => ({ weights: values.map((value, sum) => [sum, value]) });
const split = (limit: number, yes: Tree, no: Tree, more: Partial<Split> = {}): Tree => ({
  ...{ mode: "BRANCH_LEQ", feature: 0, threshold: limit, missing: false, yes, no },
  ...more,
});
const sumOf = (...trees: readonly Tree[]): Model => ({ op: "TreeEnsembleRegressor", sums: 1, trees });

describe("trees as a kernel", () => {
  it.each([
    ["regressors", anyRegressor],
    ["classifiers", anyClassifier],
  ])("give the bits of ONNX Runtime: %s", async (_, any) => {
    await fc.assert(
      fc.asyncProperty(any, fc.integer({ min: 1, max: 1e9 }), async (model, seed) => {
        const bytes = bytesOf(model);
        const trees = compile(bytes);
        const runtime = await openRuntime(bytes);
        const sample = rowsFor(trees, seed);
        expect(await findDifference(trees, runtime.run, sample)).toBeNull();
        const { features, rows } = sample;
        expect(await runTrees(trees, runtime.run)(features.slice(), rows)).toEqual(await runtime.run(features, rows));
        await runtime.close();
      }),
      { numRuns: 150 },
    );
  });

  it("take categories that one node below is for, as LightGBM's converter writes them", async () => {
    const among = leaf(1);
    const bytes = bytesOf(
      sumOf([1, 2, 5, 31, 32, 33].reduceRight<Tree>((no, limit) => split(limit, among, no, { mode: "BRANCH_EQ" }), leaf(2))),
    );
    const trees = compile(bytes);
    const runtime = await openRuntime(bytes);
    expect(await findDifference(trees, runtime.run, rowsFor(trees, 1))).toBeNull();
    const scores = new Float32Array(5);
    trees.score(Float32Array.from([1, 1.5, 33, 34, NaN].flatMap((x) => [x, 0, 0, 0])), 5, scores);
    expect([...scores]).toEqual([1, 2, 1, 2, 2]);
    await runtime.close();
  });

  it("give a row the same bits in any number of rows", () => {
    const [model] = fc.sample(anyClassifier, { numRuns: 1, seed: 5 });
    const trees = compile(bytesOf(model!)); // one was asked for
    const { features, rows } = rowsFor(trees, 3);
    const scoresOf = (first: number, count: number): Float32Array => {
      const scores = new Float32Array(count * trees.width);
      trees.score(features.subarray(first * FEATURES), count, scores);
      return scores;
    };
    const together = scoresOf(0, rows);
    for (const count of [1, 7, 8, 9, 63, 64, 65, 129]) {
      for (let first = 0; first + count <= rows; first += count)
        expect(scoresOf(first, count)).toEqual(together.slice(first * trees.width, (first + count) * trees.width));
    }
  });

  it("ask for few rows, and where nothing is squashed for none", () => {
    const shareOf = (any: fc.Arbitrary<Model>): number => {
      const samples = fc.sample(any, { numRuns: 100, seed: 1 }).map((model) => {
        const trees = compile(bytesOf(model));
        const { features, rows } = rowsFor(trees, 1);
        return { asked: trees.score(features, rows, new Float32Array(rows * trees.width)).length, rows };
      });
      return samples.reduce((sum, { asked }) => sum + asked, 0) / samples.reduce((sum, { rows }) => sum + rows, 0);
    };
    expect(shareOf(anyRegressor)).toBe(0);
    expect(shareOf(anyClassifier)).toBeLessThan(0.05);
    expect(shareOf(anyClassifier)).toBeGreaterThan(0);
  });
});

describe("the proof", () => {
  const twice = split(3, leaf(0.1), split(0.25, leaf(0.2), leaf(0.3), { feature: 1 }), { missing: true });
  const model = { ...sumOf(twice, split(-7, leaf(4), leaf(5), { feature: 2 })), tracks: true };
  const [first, second] = model.trees;

  it("goes to every leaf of every tree", () => {
    const trees = compile(bytesOf(model));
    const { features, rows } = rowsFor(trees, 1);
    const scores = new Float32Array(rows);
    trees.score(features, rows, scores);
    const sums = [0.1, 0.2, 0.3].flatMap((a) => [4, 5].map((b) => Math.fround(Math.fround(a) + b)));
    expect(new Set(scores)).toEqual(new Set(sums));
  });

  const damages: readonly (readonly [string, Model])[] = [
    ["a threshold that is the next float", { ...model, trees: [{ ...(first as Split), threshold: 3 + 2 ** -22 }, second!] }], // two trees, as below
    ["a split that holds for less only", { ...model, trees: [{ ...(first as Split), mode: "BRANCH_LT" }, second!] }],
    ["missing values that go the other way", { ...model, tracks: false }],
    ["another feature", { ...model, trees: [first!, { ...(second as Split), feature: 3 }] }],
    ["another order of summing", { ...model, trees: [...[0.3, 1e8, -1e8].map((v) => leaf(v)), ...model.trees] }],
    ["a weight that is off by its last bit", { ...model, trees: [first!, split(-7, leaf(4), leaf(5 + 2 ** -21), { feature: 2 })] }],
  ];
  it.each(damages)("finds %s", async (what, damaged) => {
    const trees = compile(bytesOf(what.includes("order") ? { ...damaged, trees: damaged.trees.toReversed() } : model));
    const runtime = await openRuntime(bytesOf(damaged));
    expect(await findDifference(trees, runtime.run, rowsFor(trees, 1))).toMatch(/score 0 of row \d+ is .*; the trees say/);
    await runtime.close();
  });
});

describe("left to ONNX Runtime", () => {
  const plain = sumOf(leaf(1), split(1, leaf(1), leaf(2)));
  const deep = Array.from({ length: 70 }).reduce<Tree>((below) => split(1, leaf(1), below), leaf(2));
  const pair = { ...plain, op: "TreeEnsembleClassifier" as const, classes: 2 };
  const table: readonly (readonly [Model, string])[] = [
    [{ ...plain, post: "LOGISTIC" }, "a regressor with post_transform LOGISTIC"],
    [{ ...plain, aggregate: "MAX" }, "aggregate_function MAX"],
    [{ ...plain, base: [1, 2] }, "2 base values for 1 sums"],
    [{ ...pair, post: "PROBIT" }, "post_transform PROBIT"],
    [{ ...pair, trees: [leaf(1, 2)], sums: 2, base: [1, 2] }, "base values of two classes"],
    [{ ...pair, trees: [split(1, leaf(1), leaf(1, 2))] }, "a sum, number 1, that rows may get nothing to"],
    [sumOf(deep), "more than 64 deep"],
    [sumOf(split(NaN, leaf(1), leaf(2))), "a threshold that is no number"],
    [sumOf(split(1, leaf(1), leaf(2), { mode: "BRANCH_MEMBER" })), "nodes of mode BRANCH_MEMBER"],
    [sumOf(split(1, leaf(1), leaf(2), { feature: 9 })), "a split on number 9 of 4 features"],
    [sumOf(leaf()), "leaves without a weight"],
  ];
  it.each(table.map(([model, why]) => [why, model] as const))("is %s", (why, model) => {
    const bytes = bytesOf(model);
    expect(() => compile(bytes)).toThrow(why);
    expect(() => compile(bytes)).toThrow(LeftToRuntime);
  });

  it("is what has no trees, or does something to what goes in or comes out", () => {
    const find = (input: string, scores: string) => () => compileTrees(bytesOf(plain), { input, scores, features: FEATURES });
    expect(find("x", "x")).toThrow("x comes from no operator");
    expect(() => compileTrees(bytesOf(plain), { input: "x", scores: "p", features: 9000 })).toThrow("9000 features");
    expect(find("y", "p")).toThrow("the trees do not take y itself");
  });
});
