import type { Readable } from "node:stream";
import type { HttpDoor, RecordSpec } from "@weir/pipeline";
import { RetriableError } from "@weir/record";
import { problemAnswer, type HttpAnswer } from "@weir/service";
import type { Clock } from "@weir/stream";
import { answerOf, httpAnswer, type Answer, type Outcome } from "../answer.ts";
import { refuse, RequestRefused, retryAfter, type Refusal } from "../problems.ts";
import type { Item } from "../request/incoming.ts";
import type { Pace } from "../request/body.ts";
import type { IngestEvents } from "../telemetry.ts";
import type { Idempotency, Repeatable } from "../write/idempotency.ts";
import type { Place } from "../write/placing.ts";
import type { Receipts } from "../write/receipts.ts";
import { NotWritten, type Placement, type Writer } from "../write/writer.ts";
import type { Budget } from "./budget.ts";
import type { Rate } from "./rate.ts";
import type { Requests } from "./requests.ts";

/** What the addresses of a door share. */
export interface Door {
  readonly pipeline: string;
  readonly topic: string;
  readonly spec: HttpDoor;
  readonly record: RecordSpec;
  readonly clock: Clock;
  readonly pace: Pace;
  readonly budget: Budget;
  readonly rate: Rate;
  readonly place: Place;
  readonly writer: Writer;
  readonly receipts: Receipts;
  readonly idempotency: Idempotency;
  readonly events: IngestEvents;
  readonly requests: Requests;
}

/** Turns what ends a request early into its answer, and lets the rest of its body run out. */
export async function answering(door: Door, body: Readable, act: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
  door.requests.enter();
  try {
    return await act();
  } catch (error) {
    const refusal = refusalOf(error, door);
    door.events.refused(refusal.problem.code, 1);
    body.resume();
    return problemAnswer(refusal.status, refusal.problem, refusal.headers);
  } finally {
    door.requests.leave();
  }
}

/** What is not of these kinds is a fault of ours, and thrown on. */
function refusalOf(error: unknown, door: Door): Refusal {
  if (error instanceof RequestRefused) return error.refusal;
  if (error instanceof NotWritten) return notWritten(error, door).refusal;
  if (error instanceof RetriableError) return notWritten(new NotWritten(false, error), door).refusal;
  throw error;
}

export function refuseOtherPipeline(door: Pick<Door, "pipeline">, name: string | undefined): void {
  if (name !== door.pipeline)
    refuse(404, {
      code: "WEIR-3001",
      what: `the pipeline here is ${door.pipeline}`,
      where: "path of the request",
      fix: `write /v1/${door.pipeline}/…, or ask the service of the other pipeline`,
    });
}

/** Where the records that were not refused belong. */
export function outcomesOf(door: Pick<Door, "place">, items: readonly Item[]): readonly Outcome[] {
  return items.map((item) => (item.refusal === undefined ? door.place(item.record) : item));
}

/** Writes what can be written and answers for every record; `repeatable`: the answer is kept beside the records. */
export async function writeItems(door: Door, items: readonly Item[], repeatable: Repeatable | null): Promise<Answer> {
  const outcomes = outcomesOf(door, items);
  const records = outcomes.flatMap((outcome) => (outcome.refusal === undefined ? [outcome] : []));
  for (const { refusal } of outcomes) if (refusal) door.events.refused(refusal.problem.code, 1);
  if (records.length === 0) return onlyRefusals(door, outcomes);
  let answer: Answer | null = null;
  const note =
    repeatable &&
    ((placements: readonly Placement[]) => {
      answer = answerOf(door.topic, outcomes, placements);
      return door.receipts.noteOf(repeatable.key, { request: repeatable.request, ...answer });
    });
  const placements = await door.writer.submit({ records, note });
  const given: Answer = answer ?? answerOf(door.topic, outcomes, placements);
  if (repeatable) door.receipts.remember(repeatable.key, { request: repeatable.request, ...given });
  return given;
}

/** Nothing was written and nothing has to be remembered: the same request will be refused for the same reasons. */
function onlyRefusals(door: Door, outcomes: readonly Outcome[]): Answer {
  const [first, ...others] = outcomes;
  if (first?.refusal !== undefined && others.length === 0) return refuse(first.refusal.status, first.refusal.problem);
  return answerOf(door.topic, outcomes, []);
}

export async function answerOnce(door: Door, repeatable: Repeatable | null, act: () => Promise<Answer>): Promise<HttpAnswer> {
  if (repeatable === null) return httpAnswer(await act());
  const { answer, isRepeated } = await door.idempotency.once(repeatable, act);
  if (!isRepeated) return httpAnswer(answer);
  door.events.repeated();
  return httpAnswer(answer, { "idempotency-replayed": "true" });
}

export function notWritten({ mayBeThere, message }: NotWritten, door: Pick<Door, "writer">): { readonly refusal: Refusal } {
  return {
    refusal: {
      status: 503,
      problem: {
        code: "WEIR-3021",
        what: mayBeThere ? "the write did not come to its end" : "the log does not take records; nothing was written",
        why: message,
        fix: "send the same request with the same Idempotency-Key again after Retry-After: it is written once, whatever happened",
      },
      headers: retryAfter(door.writer.secondsUntilFree()),
    },
  };
}
