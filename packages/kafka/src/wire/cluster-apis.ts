import { api } from "./api.ts";
import {
  array,
  boolean,
  int16,
  int32,
  int64,
  int8,
  nullableText,
  since,
  struct,
  structWithTag,
  text,
  until,
  uuid,
  NO_UUID,
} from "./field.ts";

const throttle = int32;
const NEVER = Infinity;
const NO_OPERATIONS = -2147483648;

const apiVersions = api(
  "ApiVersions",
  18,
  [3, 3],
  3,
  { name: text, version: text },
  { error: int16, apis: array(struct({ key: int16, min: int16, max: int16 })), throttle },
);
const features = array(struct({ name: text, max: int16, min: int16 }));

/** Its `tagged` are the features that the cluster has finalized, with the level in force as `max`. */
export const ApiVersions = {
  ...apiVersions,
  answer: structWithTag({ error: int16, apis: array(struct({ key: int16, min: int16, max: int16 })), throttle }, 2, features),
};

export const ListOffsets = api(
  "ListOffsets",
  2,
  [2, 9],
  6,
  {
    replica: int32,
    isolation: int8,
    topics: array(
      struct({ name: text, partitions: array(struct({ partition: int32, leaderEpoch: since(4, int32, -1), timestamp: int64 })) }),
    ),
  },
  {
    throttle,
    topics: array(
      struct({
        name: text,
        partitions: array(struct({ partition: int32, error: int16, timestamp: int64, offset: int64, leaderEpoch: since(4, int32, -1) })),
      }),
    ),
  },
);

export const Metadata = api(
  "Metadata",
  3,
  [4, 12],
  9,
  {
    topics: array(struct({ topicId: since(10, uuid, NO_UUID), name: nullableText })),
    createTopics: boolean,
    clusterOperations: since(8, until(10, boolean, false), false),
    topicOperations: since(8, boolean, false),
  },
  {
    throttle,
    brokers: array(struct({ nodeId: int32, host: text, port: int32, rack: nullableText })),
    clusterId: nullableText,
    controllerId: int32,
    topics: array(
      struct({
        error: int16,
        name: nullableText,
        topicId: since(10, uuid, NO_UUID),
        internal: boolean,
        partitions: array(
          struct({
            error: int16,
            partition: int32,
            leader: int32,
            leaderEpoch: since(7, int32, -1),
            replicas: array(int32),
            inSync: array(int32),
            offline: since(5, array(int32), []),
          }),
        ),
        operations: since(8, int32, NO_OPERATIONS),
      }),
    ),
    operations: since(8, until(10, int32, NO_OPERATIONS), NO_OPERATIONS),
  },
);

/** Up to version 3 one key a request, from 4 on several. */
export const FindCoordinator = api(
  "FindCoordinator",
  10,
  [1, 4],
  3,
  { key: until(3, text, ""), type: int8, keys: since(4, array(text), []) },
  {
    throttle,
    error: until(3, int16, 0),
    message: until(3, nullableText, null),
    nodeId: until(3, int32, -1),
    host: until(3, text, ""),
    port: until(3, int32, 0),
    coordinators: since(4, array(struct({ key: text, nodeId: int32, host: text, port: int32, error: int16, message: nullableText })), []),
  },
);

/** Answered before the login: which mechanisms the listener takes. Never in compact form. */
export const SaslHandshake = api("SaslHandshake", 17, [1, 1], NEVER, { mechanism: text }, { error: int16, mechanisms: array(text) });

export const CreateTopics = api(
  "CreateTopics",
  19,
  [4, 7],
  5,
  {
    topics: array(
      struct({
        name: text,
        partitions: int32,
        replicationFactor: int16,
        assignments: array(struct({ partition: int32, brokers: array(int32) })),
        configs: array(struct({ name: text, value: nullableText })),
      }),
    ),
    timeoutMs: int32,
    validateOnly: boolean,
  },
  {
    throttle,
    topics: array(
      struct({
        name: text,
        topicId: since(7, uuid, NO_UUID),
        error: int16,
        message: nullableText,
        partitions: since(5, int32, -1),
        replicationFactor: since(5, int16, -1),
        configs: since(5, array(struct({ name: text, value: nullableText, readOnly: boolean, source: int8, sensitive: boolean })), []),
      }),
    ),
  },
);
