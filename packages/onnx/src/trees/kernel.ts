import {
  again,
  createKernel,
  f32,
  f32x4,
  give,
  i32,
  i32x4,
  label,
  loop,
  select,
  v128,
  when,
  whilst,
  type Code,
  type Kernel,
  type Local,
  type Scope,
} from "@weir/wasm";
import { TOP_SPLITS, type Planes } from "./planes.ts";

/** Rows that are walked through all trees before the next ones: their columns stay in the nearest cache, as a tree does for all of them. */
export const BLOCK_ROWS = 64;
/** Rows whose steps are taken side by side: no step waits for another row's. */
const SIDE_BY_SIDE = 8;
const STRIDE = 4 * BLOCK_ROWS;

/** Sums over trees, for up to `BLOCK_ROWS` rows at once. */
export interface TreeKernel {
  /** Copies rows of the tensor in; gives the place of their sums, column after column, in `floats()`. */
  sum(features: Float32Array, firstRow: number, rows: number): number;
  floats(): Float32Array;
}

/**
 * Every row takes as many steps through a tree as it is deep, without a branch: node = below[node] + (x <= threshold). The sums
 * begin with 0 and are rounded to float32 after each tree, in the order of the file.
 */
export function createTreeKernel(planes: Planes, features: number, sums: number): TreeKernel {
  const places = placesOf(planes, features, sums);
  const kernel = createKernel({ sum: { parameters: 1, body: (scope, [rows]) => sumBody(scope, rows!, places) } }, places.end); // one parameter
  fill(kernel, planes, places);
  return {
    sum(tensor, firstRow, rows) {
      kernel.floats().set(tensor.subarray(firstRow * features, (firstRow + rows) * features), places.input / 4);
      kernel.call.sum(rows);
      return places.sums / 4;
    },
    floats: () => kernel.floats(),
  };
}

const TREE_CELLS = 4 + 2 * TOP_SPLITS;
const TOP_THRESHOLDS = 16;
const TOP_COLUMNS: number = TOP_THRESHOLDS + 4 * TOP_SPLITS;

/** Addresses in the kernel's memory, beside the numbers of what lies there. */
interface Places {
  /**
   * For each the address of its first node below the top, depth, address of its first column of sums, number of those columns,
   * and the thresholds and then the columns of its top.
   */
  readonly trees: number;
  readonly treesEnd: number;
  readonly threshold: number;
  /** Addresses of columns, in bytes from the first. */
  readonly column: number;
  readonly below: number;
  readonly weights: number;
  /** Two cells each: address within a row, whether NaN is read as -Infinity. */
  readonly sources: number;
  readonly sourcesEnd: number;
  readonly columns: number;
  /** For each row, the node of one tree that it has come to. */
  readonly nodes: number;
  readonly sums: number;
  readonly sumsEnd: number;
  readonly input: number;
  readonly rowBytes: number;
  readonly end: number;
}

function placesOf({ trees, threshold, weights, columns }: Planes, features: number, sums: number): Places {
  let end = 0;
  const room = (cells: number): number => {
    const at = end;
    end = (at + 4 * cells + 63) & ~63; // whole lines of the cache
    return at;
  };
  const places = {
    trees: room(TREE_CELLS * trees.length),
    threshold: room(threshold.length),
    column: room(threshold.length),
    below: room(threshold.length),
    weights: room(weights.length),
    sources: room(2 * columns.length),
    columns: room((columns.length + 1) * BLOCK_ROWS),
    nodes: room(BLOCK_ROWS),
    sums: room(sums * BLOCK_ROWS),
    input: room(features * BLOCK_ROWS),
    rowBytes: 4 * features,
  };
  return {
    ...places,
    treesEnd: places.trees + 4 * TREE_CELLS * trees.length,
    sourcesEnd: places.sources + 8 * columns.length,
    sumsEnd: places.sums + STRIDE * sums,
    end,
  };
}

function fill(kernel: Kernel<"sum">, planes: Planes, places: Places): void {
  const ints = kernel.ints();
  const floats = kernel.floats();
  planes.trees.forEach(({ top, start, depth, sum, count }, i) => {
    const cells = places.trees / 4 + TREE_CELLS * i;
    ints.set([4 * start, depth, places.sums + STRIDE * sum, count], cells);
    top.forEach((split, place) => {
      floats[cells + TOP_THRESHOLDS / 4 + place] = split.threshold;
      ints[cells + TOP_COLUMNS / 4 + place] = STRIDE * split.column;
    });
    const end = planes.trees[i + 1]?.start ?? planes.threshold.length;
    for (let node = start; node < end; node++) {
      const isLeaf = planes.column[node] === planes.columns.length;
      const threshold = planes.threshold[node]!; // a value in each list, as below
      if (isLeaf && count > 1) ints[places.threshold / 4 + node] = places.weights + 4 * threshold;
      else floats[places.threshold / 4 + node] = threshold;
      ints[places.column / 4 + node] = STRIDE * planes.column[node]!;
      ints[places.below / 4 + node] = 4 * planes.below[node]!;
    }
  });
  floats.set(planes.weights, places.weights / 4);
  planes.columns.forEach(({ feature, nanIsLowest }, i) => ints.set([4 * feature, Number(nanIsLowest)], places.sources / 4 + 2 * i));
  const leaves = places.columns / 4 + BLOCK_ROWS * planes.columns.length;
  floats.fill(NaN, leaves, leaves + BLOCK_ROWS); // at most nothing, so a leaf leads to itself
}

type I32 = Local<"i32">;
type Statements = readonly Code<"none">[];

/** sum(rows): of the rows that lie in `input`. */
function sumBody(scope: Scope, rows: I32, places: Places): Statements {
  const end = scope.local("i32");
  return [
    end.set(i32.shl(i32.and(i32.add(rows, SIDE_BY_SIDE - 1), -SIDE_BY_SIDE), 2)),
    ...clearSums(scope, places),
    ...spreadColumns(scope, rows, places),
    ...walkTrees(scope, end, places),
    give("i32", 0),
  ];
}

function clearSums(scope: Scope, { sums, sumsEnd }: Places): Statements {
  const at = scope.local("i32");
  return [at.set(sums), whilst(i32.lt_u(at, sumsEnd), f32.store(at, 0), at.increase(4))];
}

/** From rows to columns. */
function spreadColumns(scope: Scope, rows: I32, { sources, sourcesEnd, columns, input, rowBytes }: Places): Statements {
  const [source, from, to, stop] = [scope.local("i32"), scope.local("i32"), scope.local("i32"), scope.local("i32")];
  const x = scope.local("f32");
  const column = scope.local("i32");
  const each = (value: Code<"f32">): Code<"none"> =>
    whilst(i32.lt_u(to, stop), x.set(f32.load(from, input)), f32.store(to, value), from.increase(rowBytes), to.increase(4));
  return [
    source.set(sources),
    column.set(columns),
    whilst(
      i32.lt_u(source, sourcesEnd),
      from.set(i32.load(source)),
      to.set(column),
      stop.set(i32.add(column, i32.shl(rows, 2))),
      when(i32.load(source, 4), [each(select("f32", x, -Infinity, f32.eq(x, x)))], [each(x)]),
      source.increase(8),
      column.increase(STRIDE),
    ),
  ];
}

function walkTrees(scope: Scope, end: I32, places: Places): Statements {
  const [tree, row, left] = [scope.local("i32"), scope.local("i32"), scope.local("i32")];
  const nodes = Array.from({ length: SIDE_BY_SIDE }, () => scope.local("i32"));
  const nextTree = label("next tree");
  const nextRows = label("next rows");
  const step = (node: I32, i: number): Code<"none"> => {
    const x = f32.load(i32.add(i32.load(node, places.column), row), places.columns + 4 * i);
    return node.set(i32.add(i32.load(node, places.below), i32.shl(f32.le(x, f32.load(node, places.threshold)), 2)));
  };
  return [
    tree.set(places.trees),
    loop(
      nextTree,
      ...passTop(scope, tree, end, places),
      row.set(0),
      loop(
        nextRows,
        ...nodes.map((node, i) => node.set(i32.load(row, places.nodes + 4 * i))),
        left.set(i32.load(tree, 4)),
        whilst(left, ...nodes.map(step), left.increase(-1)),
        ...addWeights(scope, { tree, row, nodes, left }, places),
        row.increase(4 * SIDE_BY_SIDE),
        again(nextRows, i32.lt_u(row, end)),
      ),
      tree.increase(4 * TREE_CELLS),
      again(nextTree, i32.lt_u(tree, places.treesEnd)),
    ),
  ];
}

/** Three levels for four rows at once: all seven questions are asked, then each answer chooses which of those below it counts. */
function passTop(scope: Scope, tree: I32, end: I32, { columns, nodes }: Places): Statements {
  const row = scope.local("i32");
  const start = scope.local("v128");
  const tops = Array.from({ length: TOP_SPLITS }, (_, place) => {
    const [threshold, column] = [scope.local("v128"), scope.local("i32")];
    return {
      prepare: [
        threshold.set(f32x4.splat(f32.load(tree, TOP_THRESHOLDS + 4 * place))),
        column.set(i32.load(tree, TOP_COLUMNS + 4 * place)),
      ],
      isAtMost: f32x4.le(v128.load(i32.add(column, row), columns), threshold),
    };
  });
  const [first, second, third] = [scope.local("v128"), scope.local("v128"), scope.local("v128")];
  const answer = (place: number): Code<"v128"> => tops[place]!.isAtMost; // below TOP_SPLITS
  const next = label("next four rows");
  const doubled = (mask: Code<"v128">): Code<"v128"> => i32x4.shl(mask, 1);
  return [
    ...tops.flatMap(({ prepare }) => prepare),
    start.set(i32x4.splat(i32.load(tree))),
    row.set(0),
    loop(
      next,
      first.set(answer(0)),
      second.set(v128.bitselect(answer(2), answer(1), first)),
      third.set(v128.bitselect(v128.bitselect(answer(6), answer(5), second), v128.bitselect(answer(4), answer(3), second), first)),
      // True is -1 in a lane.
      third.increase(doubled(i32x4.add(doubled(first), second))),
      v128.store(row, i32x4.sub(start, i32x4.shl(third, 2)), nodes),
      row.increase(16),
      again(next, i32.lt_u(row, end)),
    ),
  ];
}

interface Walk {
  readonly tree: I32;
  readonly row: I32;
  readonly nodes: readonly I32[];
  readonly left: I32;
}

/** To the tree's columns of sums, from the leaves that the rows have come to. */
function addWeights(scope: Scope, { tree, row, nodes, left }: Walk, { threshold }: Places): Statements {
  const sum = scope.local("i32");
  const add = (i: number, weight: Code<"f32">): Code<"none"> => f32.store(sum, f32.add(f32.load(sum, 4 * i), weight), 4 * i);
  return [
    sum.set(i32.add(i32.load(tree, 8), row)),
    left.set(i32.load(tree, 12)),
    when(
      i32.eq(left, 1),
      nodes.map((node, i) => add(i, f32.load(node, threshold))),
      [
        ...nodes.map((node) => node.set(i32.load(node, threshold))),
        whilst(left, ...nodes.flatMap((node, i) => [add(i, f32.load(node)), node.increase(4)]), sum.increase(STRIDE), left.increase(-1)),
      ],
    ),
  ];
}
