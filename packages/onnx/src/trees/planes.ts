import type { Ensemble, Weight } from "./ensemble.ts";
import { LeftToRuntime } from "./left-to-runtime.ts";

/**
 * All trees as splits of one form, `x <= threshold`, in flat lists. The two nodes below a split lie side by side: the one where
 * it does not hold first. A leaf leads to itself, so that every row may take as many steps as the tree is deep.
 */
export interface Planes {
  /** Of leaves: the weight, or where their tree's leaves have several, the index of the first in `weights`. */
  readonly threshold: readonly number[];
  /** Index in `columns`; of leaves one past the last. */
  readonly column: readonly number[];
  /** Index of the node below. */
  readonly below: readonly number[];
  readonly weights: readonly number[];
  readonly columns: readonly Column[];
  readonly trees: readonly PlaneTree[];
}

/** A feature as splits read it. NaN is at most nothing; where it has to be at most everything, it is read as -Infinity. */
export interface Column {
  readonly feature: number;
  readonly nanIsLowest: boolean;
}

/**
 * The first three levels of a tree have a place for each of their seven splits, level by level, above[i] = 2i + 1 and
 * atMost[i] = 2i + 2; where a leaf comes earlier, its place asks a leaf's question and leads to copies of it.
 */
export interface PlaneTree {
  readonly top: readonly TopSplit[];
  /** The first of eight nodes below the top; what lies there is the tree's up to the start of the next one. */
  readonly start: number;
  /** Steps from there to the deepest leaf. */
  readonly depth: number;
  /** Its leaves have a weight for each of `count` sums from `sum` on. */
  readonly sum: number;
  readonly count: number;
}

export interface TopSplit {
  readonly threshold: number;
  /** Index in `columns`; one past the last where a leaf is. */
  readonly column: number;
}

export const TOP_SPLITS = 7;

/** A tree that is deeper costs more steps than the few that the runtime takes for most of its rows. */
const MOST_DEPTH = 64;
/** Blocks of rows that are wider leave every cache. */
const MOST_FEATURES = 8192;

/** @throws {LeftToRuntime} too many features, nodes that lead back to themselves, thresholds that are no numbers, features that there are not */
export function layOut(ensemble: Ensemble, features: number): Planes {
  if (features > MOST_FEATURES) throw new LeftToRuntime(`${features} features`);
  return new Layout(ensemble, features).planes();
}

/** What a split asks: goes to `atMost` if x <= threshold. Nodes below are made when they are asked for. */
interface Question {
  readonly feature: number;
  readonly threshold: number;
  readonly nanAtMost: boolean;
  readonly atMost: Below;
  readonly above: Below;
}

/** A node of the file, or a question that one of its nodes needs as a second one. */
type Below = number | Question;

class Layout {
  readonly #threshold: number[] = [];
  readonly #column: number[] = [];
  readonly #below: number[] = [];
  readonly #weights: number[] = [];
  readonly #columns = new Map<string, number>();
  /** Where the two nodes below a split lie; of a split that several lead to, once. */
  readonly #pairs = new Map<number, { readonly at: number; readonly depth: number }>();
  readonly #ensemble: Ensemble;
  readonly #features: number;

  constructor(ensemble: Ensemble, features: number) {
    this.#ensemble = ensemble;
    this.#features = features;
  }

  planes(): Planes {
    const { roots, weights } = this.#ensemble;
    const made = roots.map((root, i): PlaneTree => {
      const range = rangeOf(weights.slice(root, roots[i + 1]));
      const top: TopSplit[] = [];
      const start = this.#room(TOP_SPLITS + 1);
      return { top, start, depth: this.#putTop(0, root, { range, top, start }), ...range };
    });
    const columns = [...this.#columns.keys()].map((key): Column => {
      const [feature, nan] = key.split("/");
      return { feature: Number(feature), nanIsLowest: nan === "true" };
    });
    const known = (column: number): number => (column === LEAF ? columns.length : column);
    const column = this.#column.map(known);
    const trees = made.map((tree) => ({ ...tree, top: tree.top.map((split) => ({ ...split, column: known(split.column) })) }));
    return { threshold: this.#threshold, column, below: this.#below, weights: this.#weights, columns, trees };
  }

  #room(nodes: number): number {
    const at = this.#threshold.length;
    for (let i = 0; i < nodes; i++) {
      this.#threshold.push(0);
      this.#column.push(LEAF);
      this.#below.push(at + i);
    }
    return at;
  }

  /** Writes the split at `place` of the top, and all below; gives the steps from below the top to the deepest leaf. */
  #putTop(place: number, node: Below, tree: { readonly range: Range; readonly top: TopSplit[]; readonly start: number }): number {
    if (place >= TOP_SPLITS) return this.#put(tree.start + place - TOP_SPLITS, node, tree.range, 0);
    const isLeaf = typeof node === "number" && this.#ensemble.mode[node] === "LEAF";
    const question = typeof node === "number" && !isLeaf ? questionOf(this.#ensemble, node) : node;
    tree.top[place] = typeof question === "number" ? NO_SPLIT : { threshold: question.threshold, column: this.#columnOf(question) };
    const [above, atMost] = typeof question === "number" ? [node, node] : [question.above, question.atMost];
    return Math.max(this.#putTop(2 * place + 1, above, tree), this.#putTop(2 * place + 2, atMost, tree));
  }

  /** Writes what lies at `node` to the place `at`; gives the steps from there to the deepest leaf. */
  #put(at: number, node: Below, range: Range, above: number): number {
    if (above > MOST_DEPTH) throw new LeftToRuntime(`a tree that is more than ${MOST_DEPTH} deep`);
    if (typeof node !== "number") return this.#putQuestion(at, node, this.#putPair(node, range, above));
    const { weights, mode } = this.#ensemble;
    if (mode[node] === "LEAF") return this.#putLeaf(at, weights[node]!, range); // a list a node
    const question = questionOf(this.#ensemble, node);
    const pair = this.#pairs.get(node) ?? this.#putPair(question, range, above);
    this.#pairs.set(node, pair);
    return this.#putQuestion(at, question, pair);
  }

  #putPair(question: Question, range: Range, above: number): { readonly at: number; readonly depth: number } {
    const at = this.#room(2);
    const depth = 1 + Math.max(this.#put(at, question.above, range, above + 1), this.#put(at + 1, question.atMost, range, above + 1));
    return { at, depth };
  }

  #putQuestion(at: number, question: Question, pair: { readonly at: number; readonly depth: number }): number {
    this.#threshold[at] = question.threshold;
    this.#column[at] = this.#columnOf(question);
    this.#below[at] = pair.at;
    return pair.depth;
  }

  #putLeaf(at: number, own: readonly Weight[], { sum, count }: Range): number {
    this.#below[at] = at;
    this.#column[at] = LEAF;
    if (count === 1) this.#threshold[at] = own[0]!.value; // a leaf has one at least
    else {
      this.#threshold[at] = this.#weights.length;
      const values = new Array<number>(count).fill(0);
      for (const weight of own) values[weight.sum - sum] = weight.value;
      for (const value of values) this.#weights.push(value);
    }
    return 0;
  }

  #columnOf({ feature, nanAtMost }: Question): number {
    if (!(feature >= 0 && feature < this.#features)) throw new LeftToRuntime(`a split on number ${feature} of ${this.#features} features`);
    const key = `${feature}/${nanAtMost}`;
    const known = this.#columns.get(key);
    if (known === undefined) this.#columns.set(key, this.#columns.size);
    return known ?? this.#columns.size - 1;
  }
}

const LEAF = -1;
const NO_SPLIT: TopSplit = { threshold: 0, column: LEAF };

interface Range {
  readonly sum: number;
  readonly count: number;
}

/** From the first to the last sum that leaves of a tree add to. What is not theirs gets a zero, which changes no sum that began with one. */
function rangeOf(leaves: readonly (readonly Weight[])[]): Range {
  let first = Infinity;
  let last = 0;
  for (const own of leaves) {
    for (const { sum } of own) {
      first = Math.min(first, sum);
      last = Math.max(last, sum);
    }
  }
  return { sum: first, count: last - first + 1 };
}

/** NaN fulfils no condition but "is not", unless the node says that missing values do. */
function questionOf(ensemble: Ensemble, node: number): Question {
  const threshold = ensemble.threshold[node]!; // a value in each list, as below
  if (Number.isNaN(threshold)) throw new LeftToRuntime("a threshold that is no number");
  const feature = ensemble.feature[node]!;
  const yes = ensemble.whenTrue[node]!;
  const no = ensemble.whenFalse[node]!;
  const missing = ensemble.missingTracksTrue[node]!;
  const atMost = (limit: number): Question => ({ feature, threshold: limit, nanAtMost: missing, atMost: yes, above: no });
  const above = (limit: number): Question => ({ feature, threshold: limit, nanAtMost: !missing, atMost: no, above: yes });
  const equal = (then: number, otherwise: number, nanIsEqual: boolean): Question => ({
    ...{ feature, threshold, nanAtMost: nanIsEqual, above: otherwise },
    atMost: { feature, threshold: floatBelow(threshold), nanAtMost: false, atMost: otherwise, above: then },
  });
  switch (ensemble.mode[node]) {
    case "BRANCH_LEQ":
      return atMost(threshold);
    case "BRANCH_LT":
      return atMost(floatBelow(threshold));
    case "BRANCH_GT":
      return above(threshold);
    case "BRANCH_GTE":
      return above(floatBelow(threshold));
    case "BRANCH_EQ":
      return equal(yes, no, missing);
    case "BRANCH_NEQ":
      return equal(no, yes, false);
    default:
      throw new LeftToRuntime(`nodes of mode ${ensemble.mode[node]}`);
  }
}

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** The largest float32 that is less. @throws {LeftToRuntime} there is none below -Infinity */
export function floatBelow(value: number): number {
  if (value === -Infinity) throw new LeftToRuntime("a threshold of -Infinity that nothing is less than");
  return neighbour(value, -1);
}

/** The smallest float32 that is more; Infinity stays. */
export function floatAbove(value: number): number {
  return value === Infinity ? value : neighbour(value, 1);
}

function neighbour(value: number, direction: 1 | -1): number {
  float[0] = value === 0 ? 0 : value; // no negative zero
  if (float[0] === 0) return direction * 2 ** -149;
  bits[0]! += float[0]! > 0 ? direction : -direction; // both have one element
  return float[0]!;
}
