import { floatAbove, floatBelow, TOP_SPLITS, type Planes } from "./planes.ts";

/** Rows on which the kernel is held to the runtime. */
export interface ProofRows {
  readonly features: Float32Array;
  readonly rows: number;
}

export interface ProofLimits {
  /** Numbers a row. */
  readonly width: number;
  readonly mostRows: number;
  readonly random: () => number;
}

const SPECIAL: readonly number[] = [
  NaN,
  Infinity,
  -Infinity,
  0,
  -0,
  1,
  -1,
  2 ** -149,
  -(2 ** -149),
  3.4028234663852886e38,
  -3.4028234663852886e38,
];

/** So that small trees meet all kinds of values, too. */
const FEWEST_ROWS = 1000;

/**
 * Every other row has in each feature any threshold of it, a float beside one, or a special value. The others go to a leaf of
 * one tree, which all trees have their turn of, by the narrowest way: at each split a value equal to the threshold, or the next
 * above it; in half of them one feature of the way is missing, or below its threshold.
 */
export function proofRows(planes: Planes, { width, mostRows, random }: ProofLimits): ProofRows {
  const thresholds = thresholdsOf(planes, width);
  const rows = Math.max(2, Math.min(mostRows, FEWEST_ROWS + 2 * leavesOf(planes)));
  const features = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const own = features.subarray(row * width, (row + 1) * width);
    for (let i = 0; i < width; i++) own[i] = anyValue(thresholds[i]!, random); // a list a feature
    if (row % 2 === 1) goToLeaf(planes, (row >> 1) % planes.trees.length, own, random);
  }
  return { features, rows };
}

function thresholdsOf({ threshold, column, columns, trees }: Planes, width: number): readonly (readonly number[])[] {
  const lists = Array.from({ length: width }, (): number[] => []);
  const add = (value: number, at: number): void => {
    const feature = columns[at]?.feature; // leaves have no column
    if (feature !== undefined) lists[feature]!.push(value); // checked when they were laid out
  };
  for (const { top } of trees) for (const split of top) add(split.threshold, split.column);
  threshold.forEach((value, node) => add(value, column[node]!)); // a column each
  return lists;
}

function leavesOf({ column, columns }: Planes): number {
  return column.reduce((leaves, c) => leaves + Number(c === columns.length), 0);
}

function any<T>(list: readonly T[], random: () => number): T {
  return list[Math.floor(random() * list.length)]!; // random() < 1, and no list is empty
}

function anyValue(thresholds: readonly number[], random: () => number): number {
  if (thresholds.length === 0 || random() < 0.1) return any(SPECIAL, random);
  return near(any(thresholds, random), random);
}

function near(value: number, random: () => number): number {
  const place = Math.floor(random() * 3);
  return place === 0 ? value : place === 1 ? floatAbove(value) : value === -Infinity ? value : floatBelow(value);
}

function goToLeaf({ columns, threshold, column, below, trees }: Planes, tree: number, row: Float32Array, random: () => number): void {
  const { top, start } = trees[tree]!; // modulo their number
  const passed: number[] = [];
  const choose = (limit: number, at: number): number => {
    const feature = columns[at]?.feature;
    if (feature === undefined) return 0; // a leaf
    const atMost = random() < 0.5;
    row[feature] = atMost ? limit : floatAbove(limit);
    passed.push(feature);
    return Number(atMost);
  };
  let place = 0;
  while (place < TOP_SPLITS) place = 2 * place + 1 + choose(top[place]!.threshold, top[place]!.column); // a split at each place
  let node = start + place - TOP_SPLITS;
  while (below[node] !== node) node = below[node]! + choose(threshold[node]!, column[node]!); // in each list, as many as nodes
  if (passed.length === 0 || random() < 0.5) return;
  const feature = any(passed, random);
  row[feature] = random() < 0.5 ? NaN : floatBelow(Math.max(row[feature]!, -3e38)); // one of the row's
}
