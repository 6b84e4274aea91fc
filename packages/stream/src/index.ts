export {
  decideAll,
  type Stage,
  type Decided,
  type Port,
  type PortKind,
  type StageDescription,
  type SystemRecord,
  type StateChange,
  type StateNote,
  type Recall,
  type RestoredState,
  type Stop,
  type CloseMarker,
  type LeftOut,
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
  type FetchPace,
  type Fetcher,
  type Mark,
  type Position,
  type Fetched,
  type LaneFailure,
  type ProducerOptions,
  type Producer,
  type Transaction,
  type Compression,
  type Guarantee,
  type OffsetRun,
  type CommitOffsets,
} from "./log.ts";
export { type Clock } from "./clock.ts";
export { patiently } from "./patiently.ts";
export { createManualClock, type ManualClock } from "./manual-clock.ts";
export { createMemoryLog, type MemoryLog, type MemoryLogOptions } from "./memory-log.ts";
export { createRunner, type Runner } from "./runner/runner.ts";
export { isReplaced } from "./runner/replaced.ts";
export { type RunnerOptions, type ReplayInput, type RetryPolicy, type FailureCare } from "./runner/options.ts";
export { positionsByPort, viewOf, type Link, type Output } from "./runner/chain.ts";
export { SILENT } from "./runner/silent.ts";
export { RETRY_KINDS, type RetryKind, type CommitTimes, type RunnerEvents } from "./runner/events.ts";
export { type Refusal } from "./runner/refusal.ts";
export { type Execution, type DecidedRange } from "./runner/execution.ts";
export { keyName, SEQUENCED_STATE } from "./sequenced/queues.ts";
export { WAITING_PORT, type SequencedTopics } from "./sequenced/sequenced-stage.ts";
export { writeEndNote, writeSkipNote, writeResumeNote, writeLeftOutNote, parseNote, type Note, type SkipNote } from "./runner/notes.ts";
export { restoreState } from "./runner/state.ts";
export { STREAM_CODES } from "./codes.ts";
