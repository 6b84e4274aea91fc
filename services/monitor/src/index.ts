export { run, type RunningMonitor } from "./monitor.ts";
export { pipelineStatus, sum, type PipelineStatus } from "./counts/status.ts";
export { createCountsView, type CountsView, type StageCounts } from "./counts/view.ts";
export { parseExecution } from "./counts/executions.ts";
export { createStopsView, type StopsView, type StoppedStage } from "./alerts/stops.ts";
export { parseVerdict, type WindowSummary } from "./counts/verdicts.ts";
export { MONITOR_CODES } from "./codes.ts";
