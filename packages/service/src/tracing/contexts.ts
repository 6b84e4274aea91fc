import { headerText, laneKey, recordAt, type Batch } from "@weir/record";
import type { Decided, DecidedRange } from "@weir/stream";

/** A span of somebody else's: W3C trace context. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
}

/** The trace contexts of records that were decided and not yet committed. */
export interface Contexts {
  saw(decided: readonly Decided[]): void;
  /** Those of the records in the ranges, each once; they are forgotten. */
  take(ranges: readonly DecidedRange[]): TraceContext[];
}

/** Records whose contexts are kept until they are committed; the oldest are forgotten. */
const RECORDS_MAX = 10_000;
/** What OpenTelemetry's own limit is for the links of a span. */
const LINKS_MAX = 128;
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/;

interface Kept {
  readonly lane: string;
  readonly offset: number;
  readonly traceparent: string;
}

export function createContexts(): Contexts {
  const kept = new Map<string, Kept>();
  const keep = (batch: Batch, row: number): void => {
    if (batch.headerCount[row] === 0) return;
    const { headers, offset } = recordAt(batch, row);
    const traceparent = headerText(headers, "traceparent");
    if (traceparent === null) return;
    const lane = laneKey(batch);
    kept.set(`${lane}/${offset}`, { lane, offset, traceparent });
    if (kept.size > RECORDS_MAX) kept.delete(kept.keys().next().value ?? "");
  };
  return {
    saw: (decided) => {
      for (const { batch, rows } of decided) for (const row of rows) keep(batch, row);
    },
    take: (ranges) => {
      const found = new Map<string, TraceContext>();
      for (const [key, { lane, offset, traceparent }] of kept) {
        if (!ranges.some((range) => laneKey(range) === lane && offset >= range.first && offset <= range.last)) continue;
        kept.delete(key);
        const [, traceId = "", spanId = "", flags = "00"] = TRACEPARENT.exec(traceparent) ?? [];
        if (traceId !== "" && found.size < LINKS_MAX)
          found.set(`${traceId}/${spanId}`, { traceId, spanId, traceFlags: parseInt(flags, 16) });
      }
      return [...found.values()];
    },
  };
}
