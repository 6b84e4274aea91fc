export {
  createDeadLetterWriter,
  type DeadLetterWriter,
  type StageFacts,
  type FailedRecord,
  type Place,
  type Payload,
} from "./dead-letter.ts";
export { type Sha256 } from "./fingerprint.ts";
export { readDeadLetter, type DeadLetterDescription } from "./read.ts";
