import { api } from "./api.ts";
import { array, boolean, int16, int32, int64, nullableText, since, struct, text } from "./field.ts";
import { partitionErrors, offsetsToCommit } from "./topic-fields.ts";

const throttle = int32;
const producer = { producerId: int64, producerEpoch: int16 };

export const InitProducerId = api(
  "InitProducerId",
  22,
  [1, 4],
  2,
  { transactionalId: nullableText, timeoutMs: int32, producerId: since(3, int64, -1), producerEpoch: since(3, int16, -1) },
  { throttle, error: int16, ...producer },
);

/** Only for brokers without transactions v2. */
export const AddPartitionsToTxn = api(
  "AddPartitionsToTxn",
  24,
  [0, 3],
  3,
  { transactionalId: text, ...producer, topics: array(struct({ name: text, partitions: array(int32) })) },
  { throttle, topics: partitionErrors },
);

/** Only for brokers without transactions v2. */
export const AddOffsetsToTxn = api(
  "AddOffsetsToTxn",
  25,
  [0, 3],
  3,
  { transactionalId: text, ...producer, group: text },
  { throttle, error: int16 },
);

/** From version 3 on with the member's id and epoch, without which the broker cannot refuse a commit of somebody who lost the partition. */
export const TxnOffsetCommit = api(
  "TxnOffsetCommit",
  28,
  [3, 5],
  3,
  {
    transactionalId: text,
    group: text,
    ...producer,
    generation: int32,
    memberId: text,
    instanceId: nullableText,
    topics: offsetsToCommit,
  },
  { throttle, topics: partitionErrors },
);

/** From version 5 on every end moves the epoch. */
export const EndTxn = api(
  "EndTxn",
  26,
  [1, 5],
  3,
  { transactionalId: text, ...producer, commit: boolean },
  { throttle, error: int16, producerId: since(5, int64, -1), producerEpoch: since(5, int16, -1) },
);

/** What a leader knows of the producers of its partitions; `transactionStart` is -1 where none of theirs is open there. */
export const DescribeProducers = api(
  "DescribeProducers",
  61,
  [0, 0],
  0,
  { topics: array(struct({ name: text, partitions: array(int32) })) },
  {
    throttle,
    topics: array(
      struct({
        name: text,
        partitions: array(
          struct({
            partition: int32,
            error: int16,
            message: nullableText,
            producers: array(
              struct({
                producerId: int64,
                producerEpoch: int32,
                lastSequence: int32,
                lastTimestamp: int64,
                coordinatorEpoch: int32,
                transactionStart: int64,
              }),
            ),
          }),
        ),
      }),
    ),
  },
);

/** What coordinators send to the leaders of a transaction's partitions at its end. */
export const WriteTxnMarkers = api(
  "WriteTxnMarkers",
  27,
  [1, 1],
  1,
  {
    markers: array(
      struct({ ...producer, commit: boolean, topics: array(struct({ name: text, partitions: array(int32) })), coordinatorEpoch: int32 }),
    ),
  },
  { markers: array(struct({ producerId: int64, topics: partitionErrors })) },
);
