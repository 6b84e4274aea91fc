export {
  createDeadLetterWriter,
  type DeadLetterWriter,
  type StageFacts,
  type FailedRecord,
  type Place,
  type Payload,
} from "./dead-letter.ts";
export { REPLAY_HEADERS } from "./names.ts";
export { type Sha256 } from "./fingerprint.ts";
export { readDeadLetter, readReplayMarks, type DeadLetterDescription, type ReplayMarks } from "./read.ts";
export { type Family } from "./families.ts";
export { parseEdit, compileEdit, type Edit, type EditSpec, type Edited, type Editable, type ParsedEdit } from "./edit/edit.ts";
export { headerRule, type HeaderRule } from "./edit/header-rules.ts";
export { type PatchOperation } from "./edit/json-patch.ts";
export { compileSelection, parseSelection, failedAt, type Selection, type CompiledSelection, type Letter } from "./replay/selection.ts";
export { createRanges, isWithin, overlap, type OffsetRange, type RangeBuilder } from "./replay/ranges.ts";
export { nothingChanged, type Present } from "./replay/guard.ts";
export { resentHeaders, recordHeaders, nextCount, placeOf, PARKED_FROM, type ResendMarks } from "./replay/resend.ts";
export { allowedBy, durationOf, type Pace } from "./replay/rate.ts";
export { createGrouping, groupOf, type Grouping, type LetterGroup } from "./replay/groups.ts";
export {
  createLedgerView,
  parseLedgerEntry,
  isSettled,
  isOver,
  type LedgerEntry,
  type LedgerView,
  type Outcome,
  type OutcomesEntry,
  type RecordOutcome,
  type FixedEntry,
  type RunEntry,
  type RunKind,
  type RunState,
  type RunStatus,
} from "./replay/ledger.ts";
export { sealPlan, parsePlan, runIdOf, type ReplayPlan, type PlannedRecord, type WouldPass, type NewerPolicy } from "./replay/plan.ts";
