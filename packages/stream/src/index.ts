export { decideAll, type Stage, type Decided, type Port, type PortKind, type StageDescription, type SystemRecord, type StateChange, type RestoredState, type CloseMarker } from "./stage.ts";
export {
  RecordTooLarge, type Log, type TopicSpec, type Bounds, type GroupOptions, type GroupListener, type Membership, type FetchOptions, type Fetcher,
  type Position, type Fetched, type LaneFailure, type ProducerOptions, type Producer, type Transaction, type CommitOffsets,
} from "./log.ts";
export { type Clock } from "./clock.ts";
