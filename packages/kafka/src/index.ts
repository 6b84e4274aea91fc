export { createKafkaLog, type KafkaLogOptions } from "./kafka-log.ts";
export { KAFKA_CODES } from "./codes.ts";
