export type { Broker, EmbeddedBroker, Note } from "./broker.ts";
export { startBroker, type StartOptions } from "./start.ts";
export { startEmbedded, type EmbeddedOptions } from "./embedded/embedded.ts";
export { startContainer, hasContainerEngine } from "./testcontainers.ts";
export { consoleConsumer, type ConsoleConsumerOptions } from "./console-tools.ts";
export { freePorts } from "./embedded/ready.ts";
export { findJava } from "./embedded/java.ts";
export { BROKER_CODES } from "./codes.ts";
