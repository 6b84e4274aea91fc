export {
  decideAll,
  type Stage,
  type Decided,
  type Port,
  type PortKind,
  type StageDescription,
  type SystemRecord,
  type StateChange,
  type RestoredState,
  type CloseMarker,
} from "./stage.ts";
export {
  RecordTooLarge,
  type Log,
  type TopicSpec,
  type Bounds,
  type GroupOptions,
  type GroupListener,
  type Membership,
  type FetchOptions,
  type Fetcher,
  type Position,
  type Fetched,
  type LaneFailure,
  type ProducerOptions,
  type Producer,
  type Transaction,
  type CommitOffsets,
} from "./log.ts";
export { type Clock } from "./clock.ts";
export { createManualClock, type ManualClock } from "./manual-clock.ts";
export { createMemoryLog, type MemoryLog, type MemoryLogOptions } from "./memory-log.ts";
export { createRunner, type Runner } from "./runner/runner.ts";
export { isReplaced } from "./runner/replaced.ts";
export { type RunnerOptions } from "./runner/options.ts";
export { type Link, type Output } from "./runner/chain.ts";
export { type RunnerEvents } from "./runner/events.ts";
export { type Execution, type DecidedRange } from "./runner/execution.ts";
export { writeEndNote } from "./runner/control.ts";
export { STREAM_CODES } from "./codes.ts";
