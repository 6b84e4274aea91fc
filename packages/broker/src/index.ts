export type { Broker, EmbeddedBroker, Note } from "./broker.ts";
export { chooseBroker, startBroker, type BrokerChoice, type StartOptions } from "./start.ts";
export { startEmbedded, type EmbeddedOptions } from "./embedded/embedded.ts";
export { startContainer, hasContainerEngine } from "./testcontainers.ts";
export { consoleConsumer, consoleTools, type ConsoleConsumerOptions } from "./console-tools.ts";
export { freePorts } from "./embedded/ready.ts";
export { BROKER_CODES } from "./codes.ts";
export { findJava } from "./embedded/java.ts";
