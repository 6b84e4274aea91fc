import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** Seconds; from one millisecond to ten seconds, three steps a decade. */
const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** All metrics of a process that runs stages; names and labels as in the README's table. */
export interface Metrics {
  readonly registry: Registry;
  readonly records: Counter<"pipeline" | "stage" | "port">;
  readonly deadLetters: Counter<"pipeline" | "stage" | "class">;
  readonly executions: Counter<"pipeline" | "stage" | "outcome">;
  readonly transactions: Counter<"pipeline" | "stage" | "outcome">;
  readonly stageDuration: Histogram<"pipeline" | "stage">;
  readonly commitDuration: Histogram<"pipeline" | "stage">;
  readonly held: Gauge<"pipeline" | "stage">;
  readonly lag: Gauge<"pipeline" | "stage" | "partition">;
  readonly rebalances: Counter<"pipeline" | "stage">;
  readonly fenced: Counter<"pipeline" | "stage">;
  readonly retries: Counter<"pipeline" | "stage" | "kind">;
  readonly samples: Counter<"pipeline" | "stage">;
  readonly specInfo: Gauge<"pipeline" | "stage" | "digest">;
  readonly modelInfo: Gauge<"pipeline" | "stage" | "model">;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const at = ["pipeline", "stage"] as const;
  const counter = <L extends string>(name: string, help: string, labels: readonly L[]): Counter<L> =>
    new Counter({ name, help, labelNames: labels, registers });
  const gauge = <L extends string>(name: string, help: string, labels: readonly L[]): Gauge<L> =>
    new Gauge({ name, help, labelNames: labels, registers });
  const duration = (name: string, help: string): Histogram<"pipeline" | "stage"> =>
    new Histogram({ name, help, labelNames: at, buckets: DURATION_BUCKETS, registers });
  return {
    registry,
    records: counter("weir_records_total", "Records decided and committed, by port", [...at, "port"]),
    deadLetters: counter("weir_dead_letters_total", "Records that could not be processed, by class", [...at, "class"]),
    executions: counter("weir_executions_total", "Transactions of a stage, by outcome", [...at, "outcome"]),
    transactions: counter("weir_transactions_total", "Transactions of a runner, by outcome", [...at, "outcome"]),
    stageDuration: duration("weir_stage_duration_seconds", "Time a stage took for the records of one transaction"),
    commitDuration: duration("weir_commit_duration_seconds", "Time from the request to commit until the transaction was visible"),
    held: gauge("weir_records_held", "Records taken in and not yet decided", at),
    lag: gauge("weir_consumer_lag_records", "Offsets between the position and the last stable offset", [...at, "partition"]),
    rebalances: counter("weir_rebalances_total", "Changes of the partitions that this process owns", at),
    fenced: counter("weir_fenced_total", "Times the group or a coordinator told this process that its place was taken", at),
    retries: counter("weir_retries_total", "Attempts that were repeated, by kind", [...at, "kind"]),
    samples: counter("weir_samples_total", "Copies made beside the decision", at),
    specInfo: gauge("weir_spec_info", "1 for the digest of the pipeline file in force", [...at, "digest"]),
    modelInfo: gauge("weir_model_info", "1 for the model in force", [...at, "model"]),
  };
}
