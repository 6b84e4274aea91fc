export { type Api } from "./api.ts";
export { ByteReader } from "./byte-reader.ts";
export { ByteWriter } from "./byte-writer.ts";
export {
  array,
  int16,
  int32,
  int64,
  int8,
  nullableArray,
  struct,
  text,
  nullableBytes,
  NO_UUID,
  type Field,
  type ValueOf,
} from "./field.ts";
export { ApiVersions, CreateTopics, FindCoordinator, ListOffsets, Metadata, SaslHandshake } from "./cluster-apis.ts";
export { CreatePartitions, DeleteTopics, DescribeConfigs, IncrementalAlterConfigs } from "./admin-apis.ts";
export { Fetch, Produce } from "./data-apis.ts";
export {
  AddOffsetsToTxn,
  AddPartitionsToTxn,
  DescribeProducers,
  EndTxn,
  InitProducerId,
  TxnOffsetCommit,
  WriteTxnMarkers,
} from "./transaction-apis.ts";
export {
  ConsumerGroupHeartbeat,
  Heartbeat,
  JoinGroup,
  LeaveGroup,
  ListGroups,
  OffsetCommit,
  OffsetFetch,
  SyncGroup,
} from "./group-apis.ts";
export { knownError } from "./errors.ts";
