import { api } from "./api.ts";
import {
  array,
  boolean,
  bytes,
  int16,
  int32,
  int64,
  nullable,
  nullableArray,
  nullableText,
  since,
  struct,
  text,
  until,
  uuid,
} from "./field.ts";
import { partitionErrors, offsetsToCommit } from "./topic-fields.ts";

const throttle = int32;
const partitionsById = struct({ topicId: uuid, partitions: array(int32) });

/** KIP-848: null stands for "unchanged since the last one". A null `assignment` too; an empty one means nothing is ours. */
export const ConsumerGroupHeartbeat = api(
  "ConsumerGroupHeartbeat",
  68,
  [1, 1],
  0,
  {
    group: text,
    memberId: text,
    memberEpoch: int32,
    instanceId: nullableText,
    rack: nullableText,
    rebalanceTimeoutMs: int32,
    topics: nullableArray(text),
    topicPattern: nullableText,
    assignor: nullableText,
    owned: nullableArray(partitionsById),
  },
  {
    throttle,
    error: int16,
    message: nullableText,
    memberId: nullableText,
    memberEpoch: int32,
    heartbeatMs: int32,
    assignment: nullable(struct({ topics: array(partitionsById) })),
  },
);

const joinedMember = struct({ memberId: text, instanceId: since(5, nullableText, null), metadata: bytes });
export const JoinGroup = api(
  "JoinGroup",
  11,
  [2, 9],
  6,
  {
    group: text,
    sessionTimeoutMs: int32,
    rebalanceTimeoutMs: int32,
    memberId: text,
    instanceId: since(5, nullableText, null),
    protocolType: text,
    protocols: array(struct({ name: text, metadata: bytes })),
    reason: since(8, nullableText, null),
  },
  {
    throttle,
    error: int16,
    generation: int32,
    protocolType: since(7, nullableText, null),
    protocol: nullableText,
    leader: text,
    skipAssignment: since(9, boolean, false),
    memberId: text,
    members: array(joinedMember),
  },
);

export const SyncGroup = api(
  "SyncGroup",
  14,
  [1, 5],
  4,
  {
    group: text,
    generation: int32,
    memberId: text,
    instanceId: since(3, nullableText, null),
    protocolType: since(5, nullableText, null),
    protocol: since(5, nullableText, null),
    assignments: array(struct({ memberId: text, assignment: bytes })),
  },
  { throttle, error: int16, protocolType: since(5, nullableText, null), protocol: since(5, nullableText, null), assignment: bytes },
);

export const Heartbeat = api(
  "Heartbeat",
  12,
  [1, 4],
  4,
  { group: text, generation: int32, memberId: text, instanceId: since(3, nullableText, null) },
  { throttle, error: int16 },
);

export const LeaveGroup = api(
  "LeaveGroup",
  13,
  [1, 5],
  4,
  {
    group: text,
    memberId: until(2, text, ""),
    members: since(3, array(struct({ memberId: text, instanceId: nullableText, reason: since(5, nullableText, null) })), []),
  },
  { throttle, error: int16, members: since(3, array(struct({ memberId: text, instanceId: nullableText, error: int16 })), []) },
);

/** Version 9 checks the member's id and epoch; null and -1 ask as an outsider. */
export const OffsetFetch = api(
  "OffsetFetch",
  9,
  [8, 9],
  6,
  {
    groups: array(
      struct({
        group: text,
        memberId: since(9, nullableText, null),
        memberEpoch: since(9, int32, -1),
        topics: nullableArray(struct({ name: text, partitions: array(int32) })),
      }),
    ),
    requireStable: boolean,
  },
  {
    throttle,
    groups: array(
      struct({
        group: text,
        topics: array(
          struct({
            name: text,
            partitions: array(struct({ partition: int32, offset: int64, leaderEpoch: int32, metadata: nullableText, error: int16 })),
          }),
        ),
        error: int16,
      }),
    ),
  },
);

/**
 * Outside of any transaction. By nobody (generation -1 without a member id) it is refused by a group that has members. Members of the
 * consumer protocol need version 9.
 */
export const OffsetCommit = api(
  "OffsetCommit",
  8,
  [8, 9],
  8,
  {
    group: text,
    generation: int32,
    memberId: text,
    instanceId: nullableText,
    topics: offsetsToCommit,
  },
  { throttle, topics: partitionErrors },
);

/** Groups of the broker that is asked: a coordinator lists its own, of both protocols. */
export const ListGroups = api(
  "ListGroups",
  16,
  [4, 5],
  3,
  { states: array(text), types: since(5, array(text), []) },
  {
    throttle,
    error: int16,
    groups: array(struct({ group: text, protocol: text, state: text, type: since(5, text, "") })),
  },
);
