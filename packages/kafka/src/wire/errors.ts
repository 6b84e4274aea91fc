/**
 * What an error code asks of us. `retry`: the same request again after a moment. `refresh`: after a look at the cluster.
 * `coordinator`: after finding the coordinator anew. `fenced`: another process has taken our place. `lost`: the group has
 * forgotten us. `epoch`: our member epoch is behind. `producer`: initialise the producer again. `rights`: not allowed.
 * `data`: the bytes or the offset are wrong. `fatal`: no repeating helps.
 */
export type ErrorKind = "retry" | "refresh" | "coordinator" | "fenced" | "lost" | "epoch" | "producer" | "rights" | "data" | "fatal";

export interface KnownError {
  readonly code: number;
  readonly name: string;
  readonly kind: ErrorKind;
}

const TABLE: readonly (readonly [number, string, ErrorKind])[] = [
  [-1, "UNKNOWN_SERVER_ERROR", "retry"],
  [1, "OFFSET_OUT_OF_RANGE", "data"],
  [2, "CORRUPT_MESSAGE", "data"],
  [3, "UNKNOWN_TOPIC_OR_PARTITION", "refresh"],
  [5, "LEADER_NOT_AVAILABLE", "refresh"],
  [6, "NOT_LEADER_OR_FOLLOWER", "refresh"],
  [7, "REQUEST_TIMED_OUT", "retry"],
  [8, "BROKER_NOT_AVAILABLE", "refresh"],
  [9, "REPLICA_NOT_AVAILABLE", "refresh"],
  [10, "MESSAGE_TOO_LARGE", "fatal"],
  [13, "NETWORK_EXCEPTION", "refresh"],
  [14, "COORDINATOR_LOAD_IN_PROGRESS", "coordinator"],
  [15, "COORDINATOR_NOT_AVAILABLE", "coordinator"],
  [16, "NOT_COORDINATOR", "coordinator"],
  [17, "INVALID_TOPIC_EXCEPTION", "fatal"],
  [18, "RECORD_LIST_TOO_LARGE", "fatal"],
  [19, "NOT_ENOUGH_REPLICAS", "retry"],
  [20, "NOT_ENOUGH_REPLICAS_AFTER_APPEND", "retry"],
  [21, "INVALID_REQUIRED_ACKS", "fatal"],
  [22, "ILLEGAL_GENERATION", "epoch"],
  [23, "INCONSISTENT_GROUP_PROTOCOL", "fatal"],
  [24, "INVALID_GROUP_ID", "fatal"],
  [25, "UNKNOWN_MEMBER_ID", "lost"],
  [26, "INVALID_SESSION_TIMEOUT", "fatal"],
  [27, "REBALANCE_IN_PROGRESS", "epoch"],
  [28, "INVALID_COMMIT_OFFSET_SIZE", "fatal"],
  [29, "TOPIC_AUTHORIZATION_FAILED", "rights"],
  [30, "GROUP_AUTHORIZATION_FAILED", "rights"],
  [31, "CLUSTER_AUTHORIZATION_FAILED", "rights"],
  [32, "INVALID_TIMESTAMP", "fatal"],
  [33, "UNSUPPORTED_SASL_MECHANISM", "rights"],
  [34, "ILLEGAL_SASL_STATE", "rights"],
  [35, "UNSUPPORTED_VERSION", "fatal"],
  [36, "TOPIC_ALREADY_EXISTS", "fatal"],
  [37, "INVALID_PARTITIONS", "fatal"],
  [38, "INVALID_REPLICATION_FACTOR", "fatal"],
  [40, "INVALID_CONFIG", "fatal"],
  [41, "NOT_CONTROLLER", "refresh"],
  [42, "INVALID_REQUEST", "fatal"],
  [43, "UNSUPPORTED_FOR_MESSAGE_FORMAT", "fatal"],
  [44, "POLICY_VIOLATION", "fatal"],
  [45, "OUT_OF_ORDER_SEQUENCE_NUMBER", "producer"],
  [46, "DUPLICATE_SEQUENCE_NUMBER", "producer"],
  [47, "INVALID_PRODUCER_EPOCH", "fenced"],
  [48, "INVALID_TXN_STATE", "producer"],
  [49, "INVALID_PRODUCER_ID_MAPPING", "producer"],
  [50, "INVALID_TRANSACTION_TIMEOUT", "fatal"],
  [51, "CONCURRENT_TRANSACTIONS", "retry"],
  [52, "TRANSACTION_COORDINATOR_FENCED", "producer"],
  [53, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "rights"],
  [54, "SECURITY_DISABLED", "fatal"],
  [55, "OPERATION_NOT_ATTEMPTED", "retry"],
  [56, "KAFKA_STORAGE_ERROR", "refresh"],
  [58, "SASL_AUTHENTICATION_FAILED", "rights"],
  [59, "UNKNOWN_PRODUCER_ID", "producer"],
  [69, "GROUP_ID_NOT_FOUND", "lost"],
  [70, "FETCH_SESSION_ID_NOT_FOUND", "retry"],
  [71, "INVALID_FETCH_SESSION_EPOCH", "retry"],
  [72, "LISTENER_NOT_FOUND", "refresh"],
  [74, "FENCED_LEADER_EPOCH", "refresh"],
  [75, "UNKNOWN_LEADER_EPOCH", "refresh"],
  [76, "UNSUPPORTED_COMPRESSION_TYPE", "fatal"],
  [77, "STALE_BROKER_EPOCH", "refresh"],
  [78, "OFFSET_NOT_AVAILABLE", "retry"],
  [79, "MEMBER_ID_REQUIRED", "retry"],
  [80, "PREFERRED_LEADER_NOT_AVAILABLE", "refresh"],
  [81, "GROUP_MAX_SIZE_REACHED", "fatal"],
  [82, "FENCED_INSTANCE_ID", "fatal"],
  [84, "ELECTION_NOT_NEEDED", "retry"],
  [87, "INVALID_RECORD", "fatal"],
  [88, "UNSTABLE_OFFSET_COMMIT", "retry"],
  [89, "THROTTLING_QUOTA_EXCEEDED", "retry"],
  [90, "PRODUCER_FENCED", "fenced"],
  [100, "UNKNOWN_TOPIC_ID", "refresh"],
  [103, "INCONSISTENT_TOPIC_ID", "refresh"],
  [106, "FETCH_SESSION_TOPIC_ID_ERROR", "refresh"],
  [109, "OFFSET_MOVED_TO_TIERED_STORAGE", "data"],
  [110, "FENCED_MEMBER_EPOCH", "lost"],
  [111, "UNRELEASED_INSTANCE_ID", "retry"],
  [112, "UNSUPPORTED_ASSIGNOR", "fatal"],
  [113, "STALE_MEMBER_EPOCH", "epoch"],
  [119, "INVALID_REGULAR_EXPRESSION", "fatal"],
  [120, "TRANSACTION_ABORTABLE", "producer"],
];

const BY_CODE: ReadonlyMap<number, KnownError> = new Map(TABLE.map(([code, name, kind]) => [code, { code, name, kind }]));

/** A code that no table knows yet is taken for fatal: repeating what we do not understand could do harm. */
export function knownError(code: number): KnownError {
  return BY_CODE.get(code) ?? { code, name: `ERROR_${code}`, kind: "fatal" };
}
