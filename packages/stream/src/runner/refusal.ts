import { headerText, recordAt, type FailureClass, type Lane } from "@weir/record";
import type { Decided, Stage } from "../stage.ts";

/** The records that a stage dead-lettered for one class of reason within a transaction, told by the first of them. */
export interface Refusal extends Lane {
  readonly stage: string;
  readonly class: FailureClass;
  readonly count: number;
  /** Of the first: where the stage read it, why it was refused, and the trace that it belongs to (W3C's `traceparent`). */
  readonly offset: number;
  readonly message: string;
  readonly traceparent: string | null;
}

export interface Refusals {
  add(stage: Stage, decided: Decided): void;
  list(): readonly Refusal[];
}

export function createRefusals(): Refusals {
  const known = new Map<string, Refusal>();
  return {
    add: (stage, decided) => {
      for (const [i, failure] of decided.failures ?? []) {
        if (stage.ports[decided.ports[i]!]!.kind !== "dead-letter") continue; // a position of the decision, a port of the stage
        const key = `${stage.id}/${failure.class}`;
        const before = known.get(key);
        if (before) known.set(key, { ...before, count: before.count + 1 });
        else known.set(key, firstOf(stage.id, decided, i));
      }
    },
    list: () => [...known.values()],
  };
}

function firstOf(stage: string, { batch, rows, failures }: Decided, i: number): Refusal {
  const failure = failures!.get(i)!; // the caller found it there
  const record = recordAt(batch, rows[i]!); // a position of the decision
  return {
    stage,
    class: failure.class,
    count: 1,
    topic: batch.topic,
    partition: batch.partition,
    offset: record.offset,
    message: failure.message,
    traceparent: headerText(record.headers, "traceparent"),
  };
}
