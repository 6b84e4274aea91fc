import { array, int16, int32, int64, nullableText, struct, text } from "./field.ts";

/** Offsets that a group is to remember, by topic: alike in and out of a transaction. */
export const offsetsToCommit = array(
  struct({ name: text, partitions: array(struct({ partition: int32, offset: int64, leaderEpoch: int32, metadata: nullableText })) }),
);

/** An error code for every partition, by topic. */
export const partitionErrors = array(struct({ name: text, partitions: array(struct({ partition: int32, error: int16 })) }));
