import type { KernelRead, Scope } from "@weir/expr";
import type { Column } from "@weir/record";

/** The records that are to be routed, as columns, and as objects for the rules and the rows that need them. */
export interface RouterInput {
  readonly count: number;
  /** Parallel to `Router.reads`. */
  readonly columns: readonly Column[];
  /** Called for rows that need an object only, once each. */
  readonly scopeAt: (row: number) => Scope;
  /** Rows that are not to be decided. */
  readonly leaveOut?: ReadonlyMap<number, unknown>;
}

/** A rule had no value for a record. */
export interface RouteFailure {
  readonly rule: string;
  readonly message: string;
}

export interface RouteDecisions {
  /** By row: index into `Router.labels`; UNDECIDED for rows that failed or were left out. */
  readonly decided: Int32Array;
  /** By row. */
  readonly failures: ReadonlyMap<number, RouteFailure>;
}

export const UNDECIDED = -1;

export interface Router {
  readonly branches: readonly string[];
  /** One for every rule and the default: `<branch>/<rule id>`. */
  readonly labels: readonly string[];
  /** By decision: index into `branches`. */
  readonly branchOf: Uint8Array;
  /** Columns that rules decide on. */
  readonly reads: readonly KernelRead[];
  /** Are there rules that need the record as an object? */
  readonly needsObjects: boolean;
  decide(input: RouterInput): RouteDecisions;
}
