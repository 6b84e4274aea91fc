import { FAILURE_CLASSES, laneKey, type Lane } from "@weir/record";
import { RETRY_KINDS, type Execution, type RunnerEvents, type Stage } from "@weir/stream";
import { ABORT_REASONS, abortReason } from "./abort-reason.ts";
import type { Logger } from "./logger.ts";
import { refusedLog } from "./refused-log.ts";
import { DURATION_BUCKETS, type Counted, type Distribution, type Level, type Meter, type Watched } from "./metrics/meter.ts";

export interface TelemetryOptions {
  readonly meter: Meter;
  readonly logger: Logger;
  readonly pipeline: string;
  /** Stages of the chain in their order; the first carries what concerns the runner as a whole. */
  readonly stages: readonly Stage[];
  /** Wall clock, in milliseconds. */
  readonly now: () => number;
  /** What a service counts of its own stages: told of each stage's part of a transaction that became visible. */
  readonly onCommitted: (execution: Execution) => void;
}

type At = "pipeline" | "stage";

interface RunnerMetrics {
  readonly records: Counted<At | "port">;
  readonly deadLetters: Counted<At | "class">;
  readonly samples: Counted<At>;
  readonly executions: Counted<At | "outcome">;
  readonly stageDuration: Distribution<At>;
  readonly transactions: Counted<At | "outcome">;
  readonly aborts: Counted<At | "reason">;
  readonly transactionDuration: Distribution<At>;
  readonly commitDuration: Distribution<At>;
  readonly held: Watched<At>;
  readonly holdAge: Watched<At>;
  readonly lagRecords: Level<At | "partition">;
  readonly lagSeconds: Level<At | "partition">;
  readonly halted: Level<At | "partition">;
  readonly waiting: Level<At | "partition">;
  readonly rebalances: Counted<At>;
  readonly fenced: Counted<At>;
  readonly stalls: Counted<At>;
  readonly retries: Counted<At | "kind">;
}

/** What a chain reports: its runner's events, and its own. */
export interface ChainEvents extends RunnerEvents {
  /** Another process took the place of this one in the group. */
  replaced(): void;
}

/** From then on somebody should look for the producer. */
const WAITING_WARN_MS = 30_000;

/** What every stage service reports of its runner: the only place where these metrics are written. */
export function stageTelemetry(options: TelemetryOptions): ChainEvents {
  const { meter, logger, pipeline, stages, onCommitted } = options;
  const metrics = runnerMetrics(meter);
  const at = { pipeline, stage: stages[0]?.id ?? "" };
  const known = new Map(stages.map((s) => [s.id, s]));
  const tellRefused = refusedLog(logger, pipeline, options.now);
  begin(metrics, options);
  const waited = new Set<string>();
  const forget = (lanes: readonly Lane[]): void => {
    for (const { partition } of lanes) {
      for (const gauge of [metrics.lagRecords, metrics.lagSeconds, metrics.halted, metrics.waiting])
        gauge.remove({ ...at, partition: String(partition) });
    }
  };
  return {
    committed: (entries, { commitMs, transactionMs }, refused) => {
      tellRefused(refused);
      metrics.transactions.add({ ...at, outcome: "committed" }, 1);
      metrics.commitDuration.observe(at, commitMs / 1000);
      metrics.transactionDuration.observe(at, transactionMs / 1000);
      for (const entry of entries) {
        if (!known.has(entry.stage)) continue;
        executed(metrics, pipeline, entry);
        onCommitted(entry);
      }
    },
    aborted: (error) => {
      const reason = abortReason(error.code);
      metrics.transactions.add({ ...at, outcome: "aborted" }, 1);
      metrics.aborts.add({ ...at, reason }, 1);
      logger.warn(
        { ...at, reason, code: error.code, why: error.message },
        "transaction given up; starting again from the committed offsets",
      );
    },
    assigned: (lanes) => {
      metrics.rebalances.add(at, 1);
      logger.info({ ...at, lanes: lanes.map(laneKey) }, "partitions taken");
    },
    revoked: (lanes, lost) => {
      metrics.rebalances.add(at, 1);
      if (lost) metrics.fenced.add(at, 1);
      forget(lanes);
      logger.info({ ...at, lanes: lanes.map(laneKey), lost }, lost ? "partitions lost" : "partitions given back");
    },
    lagging: ({ partition }, records, ageMs) => {
      metrics.lagRecords.set({ ...at, partition: String(partition) }, records);
      if (ageMs !== null) metrics.lagSeconds.set({ ...at, partition: String(partition) }, ageMs / 1000);
    },
    waiting: (lane, ms) => {
      metrics.waiting.set({ ...at, partition: String(lane.partition) }, ms / 1000);
      if (ms < WAITING_WARN_MS) waited.delete(laneKey(lane));
      else if (!waited.has(laneKey(lane))) {
        waited.add(laneKey(lane));
        logger.warn({ ...at, ...lane, ms }, "an open transaction of a producer keeps records from being read");
      }
    },
    halted: (lane, reason) => {
      metrics.halted.set({ ...at, partition: String(lane.partition) }, 1);
      logger.error({ ...at, ...lane, reason }, "partition halted; the others go on");
    },
    resumed: (lane) => {
      metrics.halted.set({ ...at, partition: String(lane.partition) }, 0);
      logger.info({ ...at, ...lane }, "partition goes on");
    },
    skipped: (lane, from, to) => {
      logger.warn({ ...at, ...lane, from, to }, "records that cannot be read are left out, as somebody said");
    },
    stuck: (ms, fault) => {
      metrics.stalls.add(at, 1);
      logger.error({ ...at, ms, fault }, "no progress although there is work; reading again from the committed offsets");
    },
    heldBack: (lane, why) => logger.warn({ ...at, lane: laneKey(lane), why }, "partition waits and is tried again; the others go on"),
    suspected: (lane, from, { size, alone }) => {
      logger.warn(
        { ...at, ...lane, from, size, alone },
        "a process ended while it worked on these records; they are tried in smaller parts",
      );
    },
    retried: (kind, message) => {
      metrics.retries.add({ ...at, kind }, 1);
      logger.debug({ ...at, kind, message }, "tried again");
    },
    ended: (lane) => logger.info({ ...at, ...lane }, "end of input"),
    replaced: () => {
      metrics.fenced.add(at, 1);
      logger.warn(at, "another process took this place in the group");
    },
  };
}

function executed(metrics: RunnerMetrics, pipeline: string, entry: Execution): void {
  const of = { pipeline, stage: entry.stage };
  metrics.executions.add({ ...of, outcome: "committed" }, 1);
  metrics.stageDuration.observe(of, entry.ms.process / 1000);
  for (const [port, count] of Object.entries(entry.ports)) metrics.records.add({ ...of, port }, count);
  for (const [name, count] of Object.entries(entry.classes)) metrics.deadLetters.add({ ...of, class: name }, count);
  if (entry.copies !== undefined) metrics.samples.add(of, entry.copies);
}

/** Every series that can come is there from the start: the first step of a counter would else be seen by nobody. */
function begin(metrics: RunnerMetrics, { pipeline, stages, now }: TelemetryOptions): void {
  const at = { pipeline, stage: stages[0]?.id ?? "" };
  for (const outcome of ["committed", "aborted"]) metrics.transactions.add({ ...at, outcome }, 0);
  for (const reason of ABORT_REASONS) metrics.aborts.add({ ...at, reason }, 0);
  for (const kind of RETRY_KINDS) metrics.retries.add({ ...at, kind }, 0);
  metrics.rebalances.add(at, 0);
  metrics.stalls.add(at, 0);
  metrics.fenced.add(at, 0);
  for (const stage of stages) {
    const of = { pipeline, stage: stage.id };
    for (const port of stage.ports) metrics.records.add({ ...of, port: port.name }, 0);
    for (const name of FAILURE_CLASSES) metrics.deadLetters.add({ ...of, class: name }, 0);
    metrics.executions.add({ ...of, outcome: "committed" }, 0);
    metrics.samples.add(of, 0);
    metrics.held.watch(of, () => stage.held?.() ?? 0);
    metrics.holdAge.watch(of, () => {
      const since = stage.heldSince?.() ?? null;
      return since === null ? 0 : Math.max(0, now() - since) / 1000;
    });
  }
}

function runnerMetrics(meter: Meter): RunnerMetrics {
  const at = ["pipeline", "stage"] as const;
  const lane = [...at, "partition"] as const;
  const duration = (name: string, help: string): Distribution<At> => meter.histogram(name, help, at, DURATION_BUCKETS);
  return {
    records: meter.counter("weir_records_total", "Records decided and committed, by port", [...at, "port"]),
    deadLetters: meter.counter("weir_dead_letters_total", "Records that could not be processed, by class", [...at, "class"]),
    samples: meter.counter("weir_samples_total", "Copies made beside the decision", at),
    executions: meter.counter("weir_executions_total", "Parts of a stage in transactions, by outcome", [...at, "outcome"]),
    stageDuration: duration("weir_stage_duration_seconds", "Time the chain took for the records of one transaction"),
    transactions: meter.counter("weir_transactions_total", "Transactions of a runner, by outcome", [...at, "outcome"]),
    aborts: meter.counter("weir_aborts_total", "Transactions given up, by reason", [...at, "reason"]),
    transactionDuration: duration("weir_transaction_duration_seconds", "Time from the first record of a transaction until it was visible"),
    commitDuration: duration("weir_commit_duration_seconds", "Time from the request to commit until the transaction was visible"),
    held: meter.watched("weir_records_held", "Records taken in and not yet decided", at),
    holdAge: meter.watched("weir_hold_age_seconds", "Age of the oldest record that is held", at),
    lagRecords: meter.gauge("weir_consumer_lag_records", "Offsets between the position and the last stable offset", lane),
    lagSeconds: meter.gauge("weir_consumer_lag_seconds", "Age of the newest record taken in while others wait behind it", lane),
    waiting: meter.gauge(
      "weir_open_transaction_wait_seconds",
      "How long an open transaction of a producer has kept records of a partition from being read",
      lane,
    ),
    halted: meter.gauge("weir_partition_halted", "1 for a partition that cannot go on", lane),
    rebalances: meter.counter("weir_rebalances_total", "Changes of the partitions that this process owns", at),
    fenced: meter.counter("weir_fenced_total", "Times the group or a coordinator told this process that its place was taken", at),
    stalls: meter.counter("weir_stalls_total", "Times that a stage had work and did not get on", at),
    retries: meter.counter("weir_retries_total", "Attempts that were repeated, by kind", [...at, "kind"]),
  };
}
