import { MAX_VALUE_BYTES, type Failure } from "@weir/record";
import type { Decided } from "../stage.ts";

/** Refused records whose value fits no topic are refused for that: their dead letter tells where the value is and does not hold it. */
export function nameTooLarge(decided: Decided): Decided {
  if (!decided.failures) return decided;
  const { batch, rows } = decided;
  let failures: Map<number, Failure> | null = null;
  for (const [i, failure] of decided.failures) {
    const bytes = batch.valueLength[rows[i]!]!; // a position of the decision
    if (bytes <= MAX_VALUE_BYTES) continue;
    failures ??= new Map(decided.failures);
    const message = `the value has ${bytes} bytes, at most ${MAX_VALUE_BYTES} can be carried; it stays where it was read`;
    failures.set(i, { ...failure, class: "TOO_LARGE", message });
  }
  return failures === null ? decided : { ...decided, failures };
}
