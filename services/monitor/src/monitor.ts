import type { RunningService, ServiceContext } from "@weir/service";
import { createMetrics, serveHttp } from "@weir/service";
import { parseExecution } from "./counts/executions.ts";
import { pipelineStatus, type PipelineStatus } from "./counts/status.ts";
import { parseVerdict, type WindowSummary } from "./counts/verdicts.ts";
import { createCountsView } from "./counts/view.ts";
import { followTopics } from "./follow.ts";

export interface RunningMonitor extends RunningService {
  status(): PipelineStatus;
  /** Judged windows in the order in which their verdicts were read, oldest first; at most `MAX_WINDOWS`. */
  windows(): readonly WindowSummary[];
}

/** Verdicts that are kept in memory; older ones are in the topic. */
const MAX_WINDOWS = 10_000;
const decoder = new TextDecoder();

/** Reads the execution log and the verdicts of a pipeline and tells what they say; never reads the data. */
export async function run(context: ServiceContext): Promise<RunningMonitor> {
  const { loaded, clock, listen, logger } = context;
  const { topology, pipeline } = loaded;
  const log = await context.connect("monitor");
  const counts = createCountsView();
  const windows = new Map<string, WindowSummary>();
  const applyExecution = (text: string): void => {
    const execution = parseExecution(text);
    if (execution) counts.apply(execution);
    else logger.warn({ topic: topology.executions }, "entry of the execution log that cannot be read; left out");
  };
  const applyVerdict = (text: string): void => {
    const verdict = parseVerdict(text);
    if (!verdict) return;
    windows.set(verdict.id, verdict);
    if (windows.size > MAX_WINDOWS) windows.delete(windows.keys().next().value ?? "");
  };
  const following = await followTopics(log, clock, [topology.executions, topology.verdicts], (topic, { value }) => {
    if (value === null) return;
    const text = decoder.decode(value);
    if (topic === topology.executions) applyExecution(text);
    else applyVerdict(text);
  });
  const status = (): PipelineStatus => pipelineStatus(pipeline.name, topology, counts);
  const metrics = createMetrics();
  const http = await serveHttp({
    ...listen,
    metrics,
    notReady: () => null,
    routes: (app) => {
      app.get("/v1/status", async () => ({ ...status(), windows: [...windows.values()] }));
    },
  });
  let finish: () => void = () => {};
  const done = new Promise<void>((resolve) => (finish = resolve));
  return {
    name: "monitor",
    url: http.url,
    notReady: () => null,
    done,
    status,
    windows: () => [...windows.values()],
    stop: async () => {
      await following[Symbol.asyncDispose]();
      await http[Symbol.asyncDispose]();
      await log[Symbol.asyncDispose]();
      finish();
    },
  };
}
