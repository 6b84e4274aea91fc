import {
  createCountsView,
  createStopsView,
  parseExecution,
  parseVerdict,
  pipelineStatus,
  type PipelineStatus,
  type StoppedStage,
  type WindowSummary,
} from "@weir/monitor";
import { laneKey } from "@weir/record";
import type { LoadedPipeline } from "@weir/service";
import type { Log } from "@weir/stream";
import { lanesOf, readToEnd } from "../read-topics.ts";

const decoder = new TextDecoder();

export type Status = PipelineStatus & {
  readonly windows: readonly WindowSummary[];
  /** Partitions that a rule has stopped. */
  readonly stops: readonly StoppedStage[];
};

export interface StatusReader {
  /** As it is now; reads only what came since the last time. */
  read(): Promise<Status>;
}

/** Counts of every stage, the judged windows and what is stopped, from the execution log, the verdicts and the alerts. */
export function createStatusReader({ pipeline, topology }: LoadedPipeline, log: Log): StatusReader {
  const view = createCountsView();
  const stops = createStopsView(pipeline.name);
  const windows = new Map<string, WindowSummary>();
  const positions = new Map<string, number>();
  return {
    read: async () => {
      const lanes = await lanesOf(log, [topology.executions, topology.verdicts, topology.alerts]);
      for await (const { topic, partition, record } of readToEnd(log, lanes, positions)) {
        positions.set(laneKey({ topic, partition }), record.offset + 1);
        if (record.value === null) continue;
        const text = decoder.decode(record.value);
        if (topic === topology.alerts) stops.apply(text);
        const execution = topic === topology.executions ? parseExecution(text) : null;
        if (execution) view.apply(execution);
        const verdict = topic === topology.verdicts ? parseVerdict(text) : null;
        if (verdict) windows.set(verdict.id, verdict);
      }
      return { ...pipelineStatus(pipeline, topology, view), windows: [...windows.values()], stops: stops.list() };
    },
  };
}
