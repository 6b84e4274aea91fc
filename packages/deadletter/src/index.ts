export {
  createDeadLetterWriter, deadLetterHeaders, deadLetterId, MAX_MESSAGE_BYTES, MAX_HEADERS_BYTES,
  type DeadLetterWriter, type StageFacts, type FailedRecord, type Place, type Payload,
} from "./dead-letter.ts";
export { DEAD_LETTER_HEADERS, isDeadLetterHeader } from "./names.ts";
export { fingerprint, normaliseMessage, type Sha256 } from "./fingerprint.ts";
export { readDeadLetter, type DeadLetterDescription } from "./read.ts";
export { parseOrigin } from "./origin.ts";
export { cutText } from "./cut.ts";
