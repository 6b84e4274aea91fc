import { createCountsView, parseExecution, parseVerdict, pipelineStatus, type PipelineStatus, type WindowSummary } from "@weir/monitor";
import { laneKey } from "@weir/record";
import type { LoadedPipeline } from "@weir/service";
import type { Log } from "@weir/stream";
import { lanesOf, readToEnd } from "../read-topics.ts";

const decoder = new TextDecoder();

export type Status = PipelineStatus & { readonly windows: readonly WindowSummary[] };

export interface StatusReader {
  /** As it is now; reads only what came since the last time. */
  read(): Promise<Status>;
}

/** Counts of every stage and the judged windows, from the execution log and the verdicts. */
export function createStatusReader({ pipeline, topology }: LoadedPipeline, log: Log): StatusReader {
  const view = createCountsView();
  const windows = new Map<string, WindowSummary>();
  const positions = new Map<string, number>();
  return {
    read: async () => {
      const lanes = await lanesOf(log, [topology.executions, topology.verdicts]);
      for await (const { topic, partition, record } of readToEnd(log, lanes, positions)) {
        positions.set(laneKey({ topic, partition }), record.offset + 1);
        if (record.value === null) continue;
        const text = decoder.decode(record.value);
        const execution = topic === topology.executions ? parseExecution(text) : null;
        if (execution) view.apply(execution);
        const verdict = topic === topology.verdicts ? parseVerdict(text) : null;
        if (verdict) windows.set(verdict.id, verdict);
      }
      return { ...pipelineStatus(pipeline.name, topology, view), windows: [...windows.values()] };
    },
  };
}
