/** What becomes of a record for which a rule has no value. `fail` and `dead-letter` send it to the dead letters. */
export type OnError = "fail" | "skip" | "dead-letter";

export interface RouteRule {
  readonly id: string;
  /** CEL, true or false. */
  readonly when: string;
  /** The branch. */
  readonly to: string;
  /** Default: fail. */
  readonly onError?: OnError;
}

/** Ordered rules: the first that matches decides. */
export interface RouterSpec {
  readonly rules: readonly RouteRule[];
  /** Branch of the records that no rule takes. */
  readonly default: string;
  /** A copy of a share of the records, from 0 to 1, beside the decision. */
  readonly sample?: { readonly share: number; readonly to: string };
  /** Lists and thresholds that rules may name. */
  readonly ctx?: Readonly<Record<string, unknown>>;
}

export interface RouterProblem {
  /** `unreachable` and `overlap` are worth a warning, everything else keeps the router from working. */
  readonly kind: "expression" | "rule" | "default" | "branch" | "sample" | "unreachable" | "overlap";
  /** Id of the rule, `default` for the default; null: the router as a whole. */
  readonly rule: string | null;
  readonly message: string;
  /** In the rule's `when`, from 1. */
  readonly column?: number;
  readonly hint?: string;
}

/** Name of the port for what cannot be routed. */
export const DEAD_LETTER_PORT = "dlq";

/** Ports are bytes, and one is for dead letters. */
export const MAX_BRANCHES = 255;

/** In order of first mention, the default's last unless a rule has named it. */
export function branchesOf(spec: Pick<RouterSpec, "rules" | "default">): readonly string[] {
  return [...new Set([...spec.rules.map((rule) => rule.to), spec.default])];
}
