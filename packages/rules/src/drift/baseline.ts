import type { DistanceName } from "@weir/stats";

/**
 * A frozen summary that windows are compared with: by field the cells, and how many records of the baseline lie in each. Never changed:
 * another summary is another file with another digest.
 */
export interface Baseline {
  readonly name: string;
  readonly version: number;
  /** SHA-256 of the canonical text of all other members, hex. */
  readonly digest: string;
  readonly records: number;
  /** By JSON pointer. */
  readonly columns: Readonly<Record<string, BaselineColumn>>;
}

interface ColumnCommon {
  /** Names of the cells, in the order of the counts. */
  readonly cells: readonly string[];
  readonly counts: readonly number[];
  /** How far windows known to be good lay from the whole, by method. */
  readonly references: Readonly<Partial<Record<DistanceName, Reference>>>;
  /** Its windows differ by far more than chance explains: only what exceeds the calibrated bar is drift. */
  readonly calibrated: "required" | "optional";
}

/** Cells: `under`, the bins, `over`, then those of `null` and `nan` that are listed. */
export interface NumberColumnBaseline extends ColumnCommon {
  readonly kind: "number";
  readonly min: number;
  readonly max: number;
  /** Upwards, distinct; the i-th bin holds (edge i−1, edge i]. */
  readonly edges: readonly number[];
  /** Of the baseline's values. */
  readonly mean: number;
  readonly sigma: number;
}

/** Cells: one for each of `values`, then those of `other`, `unseen` and `null` that are listed. */
export interface CategoryColumnBaseline extends ColumnCommon {
  readonly kind: "category";
  readonly values: readonly string[];
  /** Values of the baseline that have no cell of their own: they are `other`, what is in neither list is `unseen`. */
  readonly others: readonly string[];
}

export type BaselineColumn = NumberColumnBaseline | CategoryColumnBaseline;

export interface Reference {
  readonly windows: number;
  readonly mean: number;
  readonly sd: number;
}

/** Cells that stand behind the bins or the values, where a file lists them. */
export const AFTER_BINS: readonly string[] = ["null", "nan"];
export const AFTER_VALUES: readonly string[] = ["other", "unseen", "null"];

/** The cells that must come first: those that values lie in. */
export function leadingCells(
  column: Pick<NumberColumnBaseline, "kind" | "edges"> | Pick<CategoryColumnBaseline, "kind" | "values">,
): string[] {
  if (column.kind === "category") return [...column.values];
  const edges = column.edges.map((edge) => Number(edge.toPrecision(6)));
  return ["under", ...edges.map((edge) => `<= ${edge}`), edges.length > 0 ? `> ${edges[edges.length - 1]}` : "all", "over"];
}
