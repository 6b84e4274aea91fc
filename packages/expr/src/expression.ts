import type { Column } from "@weir/record";

/** What is known of a field before any record has been seen. `number`: a JSON number, always a double. */
export type FieldType = "number" | "string" | "bool" | "timestamp" | "list" | "map" | "dyn";

/**
 * Types by dotted path: `record.distance`, `prediction.confidence`, `headers`, `ctx.limits.low`. Below a `map` or a `dyn`
 * anything may be read; elsewhere only what is listed.
 */
export type FieldTypes = ReadonlyMap<string, FieldType>;

/** What an expression sees: JSON values, as `JSON.parse` makes them. */
export interface Scope {
  readonly record?: unknown;
  readonly prediction?: unknown;
  readonly headers?: unknown;
  readonly ctx?: unknown;
}

export const ROOTS = ["record", "prediction", "headers", "ctx"] as const;
export type Root = (typeof ROOTS)[number];

/** What `Kernel.run` says of a row. */
export const FALSE = 0;
export const TRUE = 1;
export const RAISED = 2;

/** A column that a kernel reads, and in which form. */
export interface KernelRead {
  readonly path: string;
  readonly as: "number" | "string" | "boolean";
}

/** The same decision as `evaluate`, over columns and without an object per record. */
export interface Kernel {
  readonly reads: readonly KernelRead[];
  /** `columns` parallel to `reads`, each with at least `count` rows. FALSE, TRUE or RAISED for every row. */
  run(columns: readonly Column[], count: number): Uint8Array;
}

export interface Expression {
  readonly source: string;
  /** CEL's name of the result's type, `dyn` where it depends on the record. */
  readonly type: string;
  /** Dotted paths, in order of appearance. */
  readonly reads: readonly string[];
  /** Throws ExpressionError: a field is missing or of another type than declared, no such operation, no bool where one is expected. */
  evaluate(scope: Scope): unknown;
  /** Null where only `evaluate` can decide. */
  readonly kernel: Kernel | null;
}

export interface ExpressionProblem {
  readonly message: string;
  /** In the source, from 1. */
  readonly column: number;
  readonly hint?: string;
}

export interface CompileOptions {
  /** The expression decides: its result must be true or false. Only then is there a kernel. */
  readonly expect?: "bool";
  /** Constants of the spec. If given, every scope has these as `ctx`, and kernels know them. */
  readonly ctx?: Readonly<Record<string, unknown>>;
}

/** The expression has no value for this record. */
export class ExpressionError extends Error {
  readonly source: string;
  constructor(source: string, reason: string, cause?: unknown) {
    super(`\`${source}\`: ${reason}`, cause === undefined ? undefined : { cause });
    this.name = "ExpressionError";
    this.source = source;
  }
}
