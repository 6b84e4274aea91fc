import { api } from "./api.ts";
import {
  array,
  bytes,
  int16,
  int32,
  int64,
  int8,
  nullableArray,
  nullableText,
  since,
  struct,
  text,
  until,
  uuid,
  NO_UUID,
} from "./field.ts";

const topicName = until(12, text, "");
const topicId = since(13, uuid, NO_UUID);

/** By topic id from version 13 on, by name before. */
export const Fetch = api(
  "Fetch",
  1,
  [11, 14],
  12,
  {
    replica: int32,
    waitMs: int32,
    minBytes: int32,
    maxBytes: int32,
    isolation: int8,
    sessionId: int32,
    sessionEpoch: int32,
    topics: array(
      struct({
        name: topicName,
        topicId,
        partitions: array(
          struct({
            partition: int32,
            leaderEpoch: int32,
            offset: int64,
            lastFetchedEpoch: since(12, int32, -1),
            logStart: int64,
            maxBytes: int32,
          }),
        ),
      }),
    ),
    forgotten: array(struct({ name: topicName, topicId, partitions: array(int32) })),
    rack: text,
  },
  {
    throttle: int32,
    error: int16,
    sessionId: int32,
    topics: array(
      struct({
        name: topicName,
        topicId,
        partitions: array(
          struct({
            partition: int32,
            error: int16,
            highWatermark: int64,
            lastStable: int64,
            logStart: int64,
            aborted: nullableArray(struct({ producerId: int64, firstOffset: int64 })),
            preferredReplica: int32,
            records: bytes,
          }),
        ),
      }),
    ),
  },
);

/** Below version 12 the partitions of a transaction must have been added beforehand. */
export const Produce = api(
  "Produce",
  0,
  [7, 12],
  9,
  {
    transactionalId: nullableText,
    acks: int16,
    timeoutMs: int32,
    topics: array(struct({ name: text, partitions: array(struct({ partition: int32, records: bytes })) })),
  },
  {
    topics: array(
      struct({
        name: text,
        partitions: array(
          struct({
            partition: int32,
            error: int16,
            offset: int64,
            appendedAt: int64,
            logStart: int64,
            recordErrors: since(8, array(struct({ index: int32, message: nullableText })), []),
            message: since(8, nullableText, null),
          }),
        ),
      }),
    ),
    throttle: int32,
  },
);
