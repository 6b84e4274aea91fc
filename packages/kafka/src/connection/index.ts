export { openLink, type Link, type LinkOptions, type TopicInfo, type SocketKind } from "./link.ts";
export { brokerFailure, replaced, withDeadline } from "./failure.ts";
export { type Security, type SaslSecurity, type SecurityNow, type TlsSecurity } from "./security.ts";
