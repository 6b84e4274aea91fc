import type { BatchJudgement } from "@weir/rules";
import type { Passage } from "./take.ts";

/** Records between two offsets, and how many of those there they are. */
export interface OffsetSpan {
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

/** Both together. Null: no record. */
export function joinSpans(a: OffsetSpan | null, b: OffsetSpan | null): OffsetSpan | null {
  if (a === null || b === null) return a ?? b;
  return { first: Math.min(a.first, b.first), last: Math.max(a.last, b.last), count: a.count + b.count };
}

/** Of the rows from `first` to before `end` those that their own rules let go on. */
export function passingSpan({ batch, read }: Passage, { refused }: BatchJudgement, first: number, end: number): OffsetSpan | null {
  let span: { first: number; last: number; count: number } | null = null;
  for (let row = first; row < end; row++) {
    if (read.failures.has(row) || refused.has(row)) continue;
    const offset = batch.offset[row]!; // row < end, within the batch
    if (span === null) span = { first: offset, last: offset, count: 1 };
    else {
      span.last = offset;
      span.count++;
    }
  }
  return span;
}
