import type { Meter } from "@weir/service";
import type { SilenceRule } from "./alerts/silence.ts";
import type { StoppedStage } from "./alerts/stops.ts";
import { sum, type PipelineStatus } from "./counts/status.ts";

/** What the monitor reads of its pipeline. */
export type EntryKind = "execution" | "verdict";

export interface MonitorTelemetry {
  /** A record of the execution log or of the verdicts was taken in, or could not be read. */
  took(kind: EntryKind, readable: boolean): void;
}

/** What stands still, and where nothing comes. */
export interface AlertsSeen {
  stops(): readonly StoppedStage[];
  readonly rules: readonly SilenceRule[];
  isSilent(rule: SilenceRule): boolean;
}

/** What the monitor reports: what it reads, and the counts that it adds up, as they are when it is scraped. */
export function monitorTelemetry(meter: Meter, status: () => PipelineStatus, alerts: AlertsSeen): MonitorTelemetry {
  const { pipeline, stages } = status();
  const labels = ["pipeline", "stage"] as const;
  const taken = meter.counter("weir_monitor_entries_total", "Records of execution log and verdicts taken in", [
    "pipeline",
    "kind",
    "outcome",
  ]);
  for (const kind of ["execution", "verdict"]) {
    for (const outcome of ["read", "unreadable"]) taken.add({ pipeline, kind, outcome }, 0);
  }
  const stageOf = (id: string): PipelineStatus["stages"][number] | undefined => status().stages.find((s) => s.id === id);
  const decided = meter.watched("weir_stage_decided_records", "Records decided by a stage, from the execution log", labels);
  const inFlight = meter.watched("weir_stage_in_flight_records", "Records sent to a stage and not yet decided by it", labels);
  const waiting = meter.watched("weir_stage_waiting_records", "Records that wait behind a failed one of their key", labels);
  const balanced = meter.watched("weir_stage_balanced", "1 while what a stage decided is the sum of its ports", labels);
  const stopped = meter.watched(
    "weir_stage_stopped_partitions",
    "Partitions that a rule with pause or halt keeps a stage from reading",
    labels,
  );
  const silent = meter.watched("weir_source_silent", "1 while nothing has come to a gate for longer than a rule allows", [
    ...labels,
    "rule",
  ]);
  for (const rule of alerts.rules) silent.watch({ pipeline, stage: rule.stage, rule: rule.rule }, () => (alerts.isSilent(rule) ? 1 : 0));
  for (const { id } of stages) {
    const at = { pipeline, stage: id };
    stopped.watch(at, () => alerts.stops().filter(({ stage }) => stage === id).length);
    decided.watch(at, () => stageOf(id)?.in ?? 0);
    inFlight.watch(at, () => stageOf(id)?.inFlight ?? 0);
    waiting.watch(at, () => stageOf(id)?.waiting ?? 0);
    balanced.watch(at, () => {
      const stage = stageOf(id);
      return stage === undefined || stage.in === sum(stage.ports) ? 1 : 0;
    });
  }
  return { took: (kind, readable) => taken.add({ pipeline, kind, outcome: readable ? "read" : "unreadable" }, 1) };
}
