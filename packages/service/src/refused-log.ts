import type { Refusal } from "@weir/stream";
import type { Logger } from "./logger.ts";

/** A stage says of each class of dead letters at most one line in so long; those between are counted. */
const QUIET_MS = 10_000;

/** `00-<trace id>-<span id>-<flags>` */
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;

/** Tells of refused records by the first of them: where it is, why, and which trace it belongs to. */
export function refusedLog(logger: Logger, pipeline: string, now: () => number): (refused: readonly Refusal[]) => void {
  const quiet = new Map<string, { until: number; unsaid: number }>();
  return (refused) => {
    for (const { traceparent, message, count, ...place } of refused) {
      const key = `${place.stage}/${place.class}`;
      const last = quiet.get(key) ?? { until: -Infinity, unsaid: 0 };
      quiet.set(key, last);
      if (now() < last.until) {
        last.unsaid += count;
        continue;
      }
      const [, traceId, spanId] = TRACEPARENT.exec(traceparent ?? "") ?? [];
      logger.warn(
        { pipeline, ...place, why: message, records: count + last.unsaid, ...(traceId && { trace_id: traceId, span_id: spanId }) },
        "dead letters; the first of them is told",
      );
      quiet.set(key, { until: now() + QUIET_MS, unsaid: 0 });
    }
  };
}
