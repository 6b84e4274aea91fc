import type { Failure } from "@weir/record";
import { condemnsWindows, type WindowJudgement } from "@weir/rules";
import type { LaneState } from "./lane-state.ts";

/** A breaker that has tripped: records of its partition are diverted. */
export interface Tripped {
  /** Why: the last verdict that tripped it. One object for all records, so that their headers are made once. */
  readonly failure: Failure;
  /** Windows without a breach since then, in a row. */
  readonly good: number;
}

/** What a verdict leaves: `tripped` by it, `open` for want of evidence, `halfOpen` until more windows are good, `closed` by it. */
export type BreakerChange = "tripped" | "open" | "halfOpen" | "closed";

/**
 * What a verdict does to the breaker: `condemned` trips it, so many good windows in a row close it. Later records of the partition find it so. To
 * be called once for each verdict, in their order. Null: it is closed and was.
 */
export function settleBreaker(
  state: Pick<LaneState, "tripped">,
  closeAfter: number,
  judgement: WindowJudgement,
  condemned: Failure | null,
): BreakerChange | null {
  if (condemned !== null) {
    state.tripped = { failure: { ...condemned, message: `diverted: ${condemned.message}` }, good: 0 };
    return "tripped";
  }
  if (state.tripped === null) return null;
  const good = state.tripped.good + (isGood(judgement) ? 1 : 0);
  state.tripped = good < closeAfter ? { ...state.tripped, good } : null;
  if (state.tripped === null) return "closed";
  return good > 0 ? "halfOpen" : "open";
}

/** Not enough evidence is no sign that the source is well again. */
function isGood({ rules }: WindowJudgement): boolean {
  return rules.every(({ mode, action, verdict }) => mode === "observe" || !condemnsWindows(action) || verdict === "pass");
}
