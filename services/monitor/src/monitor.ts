import { canStop, isWatched } from "@weir/pipeline";
import type { LoadedPipeline, RunningService, ServiceContext } from "@weir/service";
import { createMetrics, serveHttp, tellPipeline } from "@weir/service";
import { silenceRulesOf } from "./alerts/silence.ts";
import { createStopsView, type StoppedStage } from "./alerts/stops.ts";
import { createSilenceWatch } from "./alerts/watch-silence.ts";
import { parseExecution } from "./counts/executions.ts";
import { pipelineStatus, type PipelineStatus } from "./counts/status.ts";
import { parseVerdict, type WindowSummary } from "./counts/verdicts.ts";
import { createCountsView } from "./counts/view.ts";
import { followTopics } from "./follow.ts";
import { STAGES } from "./replays/builders.ts";
import { createReplays } from "./replays/routes.ts";
import { monitorTelemetry } from "./telemetry.ts";

export interface RunningMonitor extends RunningService {
  status(): PipelineStatus;
  /** Judged windows in the order in which their verdicts were read, oldest first; at most `MAX_WINDOWS`. */
  windows(): readonly WindowSummary[];
  /** Partitions that a rule has stopped. */
  stops(): readonly StoppedStage[];
}

/** Verdicts that are kept in memory; older ones are in the topic. */
const MAX_WINDOWS = 10_000;
const decoder = new TextDecoder();

/** Reads the execution log, the verdicts and the alerts of a pipeline and tells what they say; never reads the data. */
export async function run(context: ServiceContext): Promise<RunningMonitor> {
  const { loaded, clock, listen, logger, slot } = context;
  const { topology, pipeline } = loaded;
  const log = await context.connect("monitor");
  const counts = createCountsView();
  const stops = createStopsView(pipeline.name);
  const rules = silenceRulesOf(pipeline, topology);
  const silence = createSilenceWatch({
    ...{ pipeline: pipeline.name, rules, log, clock, alertsTopic: topology.alerts },
    transactionalId: `weir-monitor-${pipeline.name}-${slot}`,
  });
  const followed = [topology.executions, topology.verdicts, ...(readsAlerts(loaded) ? [topology.alerts] : [])];
  const windows = new Map<string, WindowSummary>();
  const status = (): PipelineStatus => pipelineStatus(pipeline, topology, counts);
  const replays = createReplays({ loaded, log, clock, builders: STAGES }, logger);
  const metrics = createMetrics();
  tellPipeline(metrics, loaded, [...pipeline.stages.keys()]);
  const telemetry = monitorTelemetry(metrics, status, { stops: () => stops.list(), rules, isSilent: (rule) => silence.isSilent(rule) });
  const applyExecution = (text: string): void => {
    const execution = parseExecution(text);
    telemetry.took("execution", execution !== null);
    if (execution) counts.apply(execution);
    else logger.warn({ topic: topology.executions }, "entry of the execution log that cannot be read; left out");
  };
  const applyVerdict = (text: string): void => {
    const verdict = parseVerdict(text);
    telemetry.took("verdict", verdict !== null);
    if (!verdict) return;
    windows.set(verdict.id, verdict);
    if (windows.size > MAX_WINDOWS) windows.delete(windows.keys().next().value ?? "");
  };
  const closeAfter = async (error: unknown): Promise<never> => {
    await replays[Symbol.asyncDispose]();
    await log[Symbol.asyncDispose]();
    throw error;
  };
  const following = await followTopics(log, clock, followed, (topic, { value }) => {
    if (value === null) return;
    const text = decoder.decode(value);
    if (topic === topology.executions) applyExecution(text);
    else if (topic === topology.verdicts) applyVerdict(text);
    else {
      stops.apply(text);
      silence.told(text);
    }
  }).catch(closeAfter);
  silence.begin(() => following.caughtUp(topology.alerts));
  const http = await serveHttp({
    ...listen,
    metrics,
    notReady: () => null,
    routes: [
      ...replays.routes,
      {
        method: "GET",
        path: "/v1/status",
        handle: async () => ({ status: 200, body: JSON.stringify({ ...status(), windows: [...windows.values()], stops: stops.list() }) }),
      },
    ],
  }).catch(async (error: unknown) => {
    await silence[Symbol.asyncDispose]();
    await following[Symbol.asyncDispose]();
    return closeAfter(error);
  });
  let finish: () => void = () => {};
  const stopped = new Promise<void>((resolve) => (finish = resolve));
  const done = Promise.race([stopped, following.done, silence.done]);
  done.catch(() => {}); // whoever started the service awaits it
  return {
    name: "monitor",
    url: http.url,
    notReady: () => null,
    done,
    status,
    windows: () => [...windows.values()],
    stops: () => stops.list(),
    stop: async () => {
      await silence[Symbol.asyncDispose]();
      await replays[Symbol.asyncDispose]();
      await following[Symbol.asyncDispose]();
      await http[Symbol.asyncDispose]();
      await log[Symbol.asyncDispose]();
      finish();
    },
  };
}

/** Only where there are rules whose alerts it tells of, so that others need no right to the topic. */
function readsAlerts({ pipeline }: LoadedPipeline): boolean {
  return [...pipeline.stages.values()].some((spec) => canStop(spec) || isWatched(spec));
}
