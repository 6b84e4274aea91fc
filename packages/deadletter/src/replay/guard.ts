import type { DeadLetterDescription } from "../read.ts";

/** What runs now, to be held against what failed a record. */
export interface Present {
  /** SHA-256 of the canonical pipeline, hex. */
  readonly spec: string;
  /** SHA-256 of the contract, hex. */
  readonly contract: string | null;
  /** Version of Weir. */
  readonly code: string;
  /** By stage. */
  readonly stages: ReadonlyMap<string, { readonly rules: string | null; readonly model: string | null }>;
}

/**
 * Why a replay of the record as it is would fail again: nothing that failed it has changed. null where something has, where
 * it may be the world's fault (time-outs, dependencies, what was told retriable) and where nothing is known (other projects'
 * dead letters).
 */
export function nothingChanged(d: DeadLetterDescription, present: Present): string | null {
  if (d.family !== "weir" || d.class === null || d.retriable) return null;
  if (d.code !== null && d.code !== present.code) return null;
  const stage = present.stages.get(d.stage ?? "");
  switch (d.class) {
    case "MODEL_TIMEOUT":
    case "DEPENDENCY":
      return null;
    case "CONTRACT":
      if (d.model !== null) return d.model === stage?.model ? `the model is still ${d.model}` : null;
      return d.contract !== null && d.contract === present.contract ? `the contract is still ${d.contract.slice(0, 8)}` : null;
    case "MODEL_ERROR":
    case "MODEL_OUTPUT":
      return d.model !== null && d.model === stage?.model ? `the model is still ${d.model}` : null;
    case "RULE":
    case "WINDOW": {
      const digest = digestOf(d);
      const same = digest !== null && stage?.rules?.startsWith(digest) === true && d.contract === present.contract;
      return same ? `the rules of ${d.stage ?? "the stage"} are still ${digest}` : null;
    }
    default:
      return d.spec === present.spec ? `the pipeline is still ${d.spec.slice(0, 8)}` : null;
  }
}

/** First 8 hex of the rule set's digest in `<stage>@<digest>/<rule>`. */
function digestOf({ rules }: DeadLetterDescription): string | null {
  return /@([0-9a-f]{8})\//.exec(rules[0] ?? "")?.[1] ?? null;
}
