import { DURATION_BUCKETS, type Logger, type Meter } from "@weir/service";
import { INGEST_CODES } from "./codes.ts";

/** What happens at the doors. */
export interface IngestEvents {
  /** Requests, or single records. */
  refused(code: string, count: number): void;
  repeated(): void;
  committed(written: { readonly records: number; readonly ms: number }): void;
  notCommitted(error: unknown): void;
  sourceTook(source: string, records: number): void;
  sourceFailed(source: string, problem: unknown): void;
  /** Told when the metrics are scraped. */
  watch(levels: DoorLevels): void;
}

export interface DoorLevels {
  readonly queuedRecords: () => number;
  readonly heldBytes: () => number;
  readonly receipts: () => number;
}

export interface TelemetryOptions {
  readonly meter: Meter;
  readonly logger: Logger;
  readonly pipeline: string;
  /** Id of the ingest stage. */
  readonly stage: string;
  readonly sources: readonly string[];
  readonly now: () => number;
}

/** While the log is away it is tried many times a second. */
const QUIET_MS = 5000;

/** The only place where ingest names a metric. */
export function ingestTelemetry({ meter, logger, pipeline, stage, sources, now }: TelemetryOptions): IngestEvents {
  const at = { pipeline, stage };
  const metrics = ingestMetrics(meter);
  metrics.records.add({ ...at, port: "out" }, 0);
  for (const outcome of ["committed", "aborted"]) metrics.transactions.add({ ...at, outcome }, 0);
  metrics.repeated.add({ pipeline }, 0);
  for (const code of Object.keys(INGEST_CODES)) metrics.refused.add({ pipeline, code }, 0);
  for (const source of sources) metrics.sourceRecords.add({ pipeline, source }, 0);
  for (const source of sources) metrics.sourceFaults.add({ pipeline, source }, 0);
  let toldAt = -Infinity;
  return {
    refused: (code, count) => metrics.refused.add({ pipeline, code }, count),
    repeated: () => metrics.repeated.add({ pipeline }, 1),
    committed({ records, ms }) {
      metrics.records.add({ ...at, port: "out" }, records);
      metrics.transactions.add({ ...at, outcome: "committed" }, 1);
      metrics.commitDuration.observe(at, ms / 1000);
    },
    notCommitted(error) {
      metrics.transactions.add({ ...at, outcome: "aborted" }, 1);
      if (now() - toldAt < QUIET_MS) return;
      toldAt = now();
      logger.warn({ ...at, reason: reasonOf(error) }, "the log does not take records; trying again");
    },
    sourceTook: (source, records) => metrics.sourceRecords.add({ pipeline, source }, records),
    sourceFailed(source, problem) {
      metrics.sourceFaults.add({ pipeline, source }, 1);
      logger.warn(
        { ...at, source, problem: problem instanceof Error ? reasonOf(problem) : problem },
        "a source cannot be read as it should",
      );
    },
    watch({ queuedRecords, heldBytes, receipts }) {
      meter.watched("weir_ingest_queued_records", "Records that wait for a transaction", ["pipeline"]).watch({ pipeline }, queuedRecords);
      meter.watched("weir_ingest_held_bytes", "Bytes of requests in memory", ["pipeline"]).watch({ pipeline }, heldBytes);
      meter.watched("weir_ingest_receipts", "Idempotency keys that are known", ["pipeline"]).watch({ pipeline }, receipts);
    },
  };
}

function ingestMetrics(meter: Meter) {
  const at = ["pipeline", "stage"] as const;
  return {
    records: meter.counter("weir_records_total", "Records decided and committed, by port", [...at, "port"]),
    transactions: meter.counter("weir_transactions_total", "Transactions of a runner, by outcome", [...at, "outcome"]),
    commitDuration: meter.histogram(
      "weir_commit_duration_seconds",
      "Time from the request to commit until the transaction was visible",
      at,
      DURATION_BUCKETS,
    ),
    refused: meter.counter("weir_ingest_refused_total", "Requests and single records that were refused, by code", ["pipeline", "code"]),
    repeated: meter.counter("weir_ingest_repeated_total", "Requests that got the answer of an earlier one", ["pipeline"]),
    sourceRecords: meter.counter("weir_ingest_source_records_total", "Records taken from files and servers", ["pipeline", "source"]),
    sourceFaults: meter.counter("weir_ingest_source_faults_total", "Times a source could not be read, or a line of it was no record", [
      "pipeline",
      "source",
    ]),
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
