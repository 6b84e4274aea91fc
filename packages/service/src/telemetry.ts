import { laneKey } from "@weir/record";
import type { RunnerEvents } from "@weir/stream";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";

export interface TelemetryOptions {
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly pipeline: string;
  /** First stage of the chain: carries what concerns the runner as a whole. */
  readonly stage: string;
}

/** What every stage service reports of its runner: the only place where a stage's metrics are written. */
export function stageTelemetry({ metrics, logger, pipeline, stage }: TelemetryOptions): RunnerEvents {
  const at = { pipeline, stage };
  return {
    committed: (entries, { commitMs }) => {
      metrics.transactions.inc({ ...at, outcome: "committed" });
      metrics.commitDuration.observe(at, commitMs / 1000);
      for (const entry of entries) {
        const of = { pipeline, stage: entry.stage };
        metrics.executions.inc({ ...of, outcome: "committed" });
        metrics.stageDuration.observe(of, entry.ms.process / 1000);
        metrics.held.set(of, entry.held);
        for (const [port, count] of Object.entries(entry.ports)) metrics.records.inc({ ...of, port }, count);
        for (const [name, count] of Object.entries(entry.classes)) metrics.deadLetters.inc({ ...of, class: name }, count);
        if (entry.copies !== undefined) metrics.samples.inc(of, entry.copies);
      }
    },
    aborted: (reason) => {
      metrics.transactions.inc({ ...at, outcome: "aborted" });
      logger.warn({ ...at, reason }, "transaction given up; starting again from the committed offsets");
    },
    assigned: (lanes) => {
      metrics.rebalances.inc(at);
      logger.info({ ...at, lanes: lanes.map(laneKey) }, "partitions taken");
    },
    revoked: (lanes, lost) => {
      metrics.rebalances.inc(at);
      if (lost) metrics.fenced.inc(at);
      for (const lane of lanes) metrics.lag.remove({ ...at, partition: String(lane.partition) });
      logger.info({ ...at, lanes: lanes.map(laneKey), lost }, lost ? "partitions lost" : "partitions given back");
    },
    lagging: (lane, records) => metrics.lag.set({ ...at, partition: String(lane.partition) }, records),
    halted: (lane, reason) => logger.error({ ...at, lane: laneKey(lane), reason }, "partition halted; the others go on"),
    retried: (kind, message) => {
      metrics.retries.inc({ ...at, kind });
      logger.debug({ ...at, kind, message }, "tried again");
    },
    ended: (lane) => logger.info({ ...at, lane: laneKey(lane) }, "end of input"),
  };
}
