export { createKafkaLog, type KafkaLogOptions } from "./kafka-log.ts";
export { KAFKA_CODES } from "./codes.ts";
export type { Security, SaslSecurity, SecurityNow, TlsSecurity } from "./connection/index.ts";
export { createTransactionAdmin, type HangingTransaction, type TransactionAdmin } from "./transactions/transaction-admin.ts";
export { createTopicAdmin, type TopicAdmin, type TopicDescription } from "./topic-admin.ts";
export { createGroupAdmin, type GroupAdmin } from "./group-admin.ts";
