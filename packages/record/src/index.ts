export {
  PRESENT,
  ABSENT,
  NULL,
  OTHER,
  gatherColumn,
  gatherSlices,
  gatherInts,
  selectionOf,
  type Column,
  type NumberColumn,
  type StringColumn,
  type BooleanColumn,
  type SliceColumn,
  type Slices,
  type Selection,
} from "./column.ts";
export {
  laneKey,
  selectRows,
  recordAt,
  ownHeaders,
  addedHeaders,
  batchOf,
  allRows,
  NOTHING_ADDED,
  MAX_RECORD_BYTES,
  MAX_VALUE_BYTES,
  type Lane,
  type Batch,
  type Additions,
  type Tails,
  type PlainRecord,
} from "./batch.ts";
export { readHeaders, constantHeader, dictionaryHeader, headerText, type Header, type HeaderColumn } from "./headers.ts";
export { createHeaderWriter, headerBlock, writeHeaders, type HeaderBlock, type HeaderWriter } from "./header-writer.ts";
export { canonicalJson } from "./canonical-json.ts";
export { textBytes } from "./text-bytes.ts";
export { findHeader, type HeaderFinder } from "./find-header.ts";
export { idAt } from "./record-id.ts";
export { copyWords, viewOver } from "./copy-words.ts";
export { partitionOf } from "./partition.ts";
export { readVarint, varintLength, type Cursor } from "./varint.ts";
export {
  FAILURE_CLASSES,
  WeirError,
  RetriableError,
  describeProblem,
  type CodeEntry,
  type Failure,
  type FailureClass,
  type Problem,
} from "./errors.ts";
