import { Readable } from "node:stream";
import { problemAnswer, type HttpAnswer } from "@weir/service";
import { outcomeTexts, type Outcome } from "../answer.ts";
import { RequestRefused, type Refusal } from "../problems.ts";
import { bodyParts, type BodyOptions } from "../request/body.ts";
import { firstByte, itemOfText, tooLarge, type Item, type RecordRules } from "../request/incoming.ts";
import { refuseTooMany } from "../request/json.ts";
import { createLineCutter, type Line } from "../request/lines.ts";
import { NotWritten, type Placement } from "../write/writer.ts";
import { notWritten, outcomesOf, type Door } from "./door.ts";
import type { Holder } from "./keys.ts";

/** The answer names every record, and is kept until all of them are written. */
const STREAM_RECORDS_MAX = 1_000_000;
/** Bytes of one part, whatever `batchMax` says. */
const PART_BYTES = 1_048_576;

interface StreamRequest {
  readonly body: Readable;
  readonly holder: Holder;
  readonly rules: RecordRules;
  readonly options: BodyOptions;
}

/**
 * NDJSON of any length, written part by part while it comes: the sender is read no faster than the log takes it. The
 * answer comes when all is written; a stream that breaks off says how many of its lines are in the log.
 */
export async function writeStream(door: Door, request: StreamRequest): Promise<HttpAnswer> {
  const stream = new StreamWriter(door, request);
  try {
    for await (const part of bodyParts(request.body, request.options)) await stream.take(part);
    await stream.finish();
  } catch (error) {
    return stream.brokenOff(error);
  } finally {
    stream[Symbol.dispose]();
  }
  return stream.answer();
}

class StreamWriter implements Disposable {
  readonly #door: Door;
  readonly #request: StreamRequest;
  readonly #cutter;
  readonly #texts: string[] = [];
  #items: Item[] = [];
  #itemBytes = 0;
  /** On the budget, and not yet written. */
  #held = 0;
  /** Lines that hold something, if only white space. */
  #cut = 0;
  #lines = 0;
  #accepted = 0;

  constructor(door: Door, request: StreamRequest) {
    this.#door = door;
    this.#request = request;
    this.#cutter = createLineCutter(request.rules.limits.record);
  }

  async take(part: Buffer): Promise<void> {
    this.#held += part.length;
    for (const line of this.#cutter.push(part)) if (this.#takeLine(line)) await this.#write();
  }

  async finish(): Promise<void> {
    const rest = this.#cutter.rest();
    if (rest !== null) this.#takeLine(rest);
    await this.#write();
    if (this.#lines === 0)
      throw new RequestRefused({ status: 400, problem: { code: "WEIR-3010", what: "the body is empty", fix: "send at least one record" } });
  }

  /** Is there enough for a transaction? */
  #takeLine({ bytes }: Line): boolean {
    const { rules } = this.#request;
    if (++this.#cut > STREAM_RECORDS_MAX) refuseTooMany(STREAM_RECORDS_MAX);
    if (bytes !== null && firstByte(bytes, 0) === bytes.length) return false;
    this.#lines++;
    this.#items.push(bytes === null ? { refusal: tooLarge(rules.limits.record + 1, rules.limits.record) } : itemOfText(bytes, rules));
    this.#itemBytes += bytes?.length ?? 0;
    return this.#items.length >= this.#door.spec.batchMax || this.#itemBytes >= PART_BYTES;
  }

  async #write(): Promise<void> {
    const { writer, rate, topic, budget } = this.#door;
    const outcomes: readonly Outcome[] = outcomesOf(this.#door, this.#items);
    rate.take(this.#request.holder, outcomes.length);
    const records = outcomes.flatMap((outcome) => (outcome.refusal === undefined ? [outcome] : []));
    const placements: readonly Placement[] = records.length === 0 ? [] : await writer.submit({ records, note: null });
    for (const { refusal } of outcomes) if (refusal) this.#door.events.refused(refusal.problem.code, 1);
    this.#texts.push([...outcomeTexts(topic, outcomes, placements)].join(","));
    this.#accepted += placements.length;
    [this.#items, this.#itemBytes] = [[], 0];
    budget.give(this.#held);
    this.#held = 0;
  }

  answer(): HttpAnswer {
    const refused = this.#lines - this.#accepted;
    const status = refused === 0 ? 202 : this.#accepted > 0 ? 207 : 422;
    return { status, body: Readable.from(this.#body(refused), { objectMode: false }) };
  }

  *#body(refused: number): Generator<Buffer> {
    yield Buffer.from(`{"accepted":${this.#accepted},"refused":${refused},"records":[`);
    let isFirst = true;
    for (const text of this.#texts) {
      if (text === "") continue;
      yield Buffer.from(isFirst ? text : `,${text}`);
      isFirst = false;
    }
    yield Buffer.from("]}");
  }

  /** Before anything was written a stream is refused like any request. */
  brokenOff(error: unknown): HttpAnswer {
    const refusal: Refusal | null =
      error instanceof RequestRefused ? error.refusal : error instanceof NotWritten ? notWritten(error, this.#door).refusal : null;
    if (refusal === null) throw error;
    const written = this.#lines - this.#items.length;
    if (written === 0) throw new RequestRefused(refusal);
    this.#request.body.resume();
    this.#door.events.refused(refusal.problem.code, 1);
    const { code, what, why } = refusal.problem;
    return problemAnswer(
      refusal.status,
      {
        code: "WEIR-3025",
        what: `the stream was written up to its line ${written}, empty ones not counted`,
        where: `line ${written + 1}`,
        why: `${code} ${what}${why === undefined ? "" : `: ${why}`}`,
        fix: "correct that and send the stream again from that line on",
      },
      refusal.headers,
    );
  }

  [Symbol.dispose](): void {
    this.#door.budget.give(this.#held);
    this.#held = 0;
  }
}
