import { createCountsView, parseExecution, parseVerdict, pipelineStatus, type PipelineStatus, type WindowSummary } from "@weir/monitor";
import type { LoadedPipeline } from "@weir/service";
import type { Log } from "@weir/stream";
import { lanesOf, readToEnd } from "../read-topics.ts";

const decoder = new TextDecoder();

/** Counts of every stage and the judged windows, read from the execution log and the verdicts. */
export async function readStatus(
  { pipeline, topology }: LoadedPipeline,
  log: Log,
): Promise<PipelineStatus & { readonly windows: readonly WindowSummary[] }> {
  const view = createCountsView();
  const windows: WindowSummary[] = [];
  for await (const { topic, record } of readToEnd(log, await lanesOf(log, [topology.executions, topology.verdicts]))) {
    if (record.value === null) continue;
    const text = decoder.decode(record.value);
    if (topic === topology.executions) {
      const execution = parseExecution(text);
      if (execution) view.apply(execution);
    } else windows.push(...[parseVerdict(text)].filter((w) => w !== null));
  }
  return { ...pipelineStatus(pipeline.name, topology, view), windows };
}
