import type { HttpAnswer } from "@weir/service";
import type { Refusal } from "./problems.ts";
import type { Placed } from "./write/placing.ts";
import type { Placement } from "./write/writer.ts";

/** What became of the records of a request, in their order. */
export type Outcome = Placed | { readonly refusal: Refusal };

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** 202: all are in the log. 207: some are, and some were refused. 422: none is. */
export function answerOf(topic: string, outcomes: readonly Outcome[], placements: readonly Placement[]): Answer {
  const refused = outcomes.length - placements.length;
  const said = outcomeTexts(topic, outcomes, placements);
  const status = refused === 0 ? 202 : placements.length > 0 ? 207 : 422;
  return { status, body: `{"accepted":${placements.length},"refused":${refused},"records":[${[...said].join(",")}]}` };
}

export function* outcomeTexts(topic: string, outcomes: readonly Outcome[], placements: readonly Placement[]): Generator<string> {
  const name = JSON.stringify(topic);
  let next = 0;
  for (const { refusal } of outcomes) {
    if (refusal !== undefined) {
      yield `{"problem":${JSON.stringify({ status: refusal.status, ...refusal.problem })}}`;
      continue;
    }
    const { partition, offset } = placements[next++]!; // one a record that was not refused
    yield `{"topic":${name},"partition":${partition},"offset":${offset}}`;
  }
}

export function httpAnswer({ status, body }: Answer, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { status, headers, body };
}
