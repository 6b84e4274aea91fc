export { openLink, type Link, type LinkOptions, type TopicInfo, type SocketKind, type CoordinatorType, type CoordinatorCall } from "./link.ts";
export { type BrokerSocket, type CallOptions } from "./broker-socket.ts";
export { brokerFailure, connectionFailure, replaced, unsupported, withDeadline } from "./failure.ts";
