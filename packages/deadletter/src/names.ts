/** Headers of a dead letter, in the order in which they are written. */
export const DEAD_LETTER_HEADERS = {
  topic: "__dlq.errors.topic",
  partition: "__dlq.errors.partition",
  offset: "__dlq.errors.offset",
  group: "__dlq.errors.group",
  deliveryCount: "__dlq.errors.delivery.count",
  message: "__dlq.errors.message",
  version: "weir.dlq.v",
  id: "weir.dlq.id",
  class: "weir.dlq.class",
  stage: "weir.dlq.stage",
  retriable: "weir.dlq.retriable",
  rules: "weir.dlq.rules",
  verdict: "weir.dlq.verdict",
  spec: "weir.dlq.spec",
  contract: "weir.dlq.contract",
  model: "weir.dlq.model",
  code: "weir.dlq.code",
  owner: "weir.dlq.owner",
  payload: "weir.dlq.payload",
  origin: "weir.dlq.origin",
  firstFailedAt: "weir.dlq.first-failed-at",
  failedAt: "weir.dlq.failed-at",
  fingerprint: "weir.dlq.fingerprint",
  place: "weir.dlq.place",
} as const;

/** Headers that a replay writes, once; a later replay replaces them. */
export const REPLAY_HEADERS = {
  id: "weir.replay.id",
  count: "weir.replay.count",
  parent: "weir.replay.parent",
  edited: "weir.replay.edited",
  place: "weir.replay.place",
} as const;

const OURS: ReadonlySet<string> = new Set(Object.values(DEAD_LETTER_HEADERS));

/** Does a failure write this header, so that an earlier failure's is replaced? */
export function isDeadLetterHeader(name: string): boolean {
  return OURS.has(name) || name.startsWith("weir.dlq.");
}
