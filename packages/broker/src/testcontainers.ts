import type { Broker, Note } from "./broker.ts";
import { brokerProblem } from "./problems.ts";

const IMAGE = "confluentinc/cp-kafka:8.1.0";

/** Does a container engine answer? The library is large and few use it: it is loaded when it is asked. */
export async function hasContainerEngine(): Promise<boolean> {
  const { getContainerRuntimeClient } = await import("testcontainers");
  return getContainerRuntimeClient().then(
    () => true,
    () => false,
  );
}

/** Kafka in a container: KRaft, one node. */
export async function startContainer(note: Note): Promise<Broker> {
  if (!(await hasContainerEngine())) {
    throw brokerProblem({
      code: "WEIR-4311",
      what: "no container engine answers",
      where: "testcontainers",
      why: "neither Docker nor Podman could be reached",
      fix: "start one, or use the embedded broker: --broker embedded",
    });
  }
  note(`starting ${IMAGE} in a container`);
  const { KafkaContainer } = await import("@testcontainers/kafka");
  const container = await new KafkaContainer(IMAGE)
    .withKraft()
    .withEnvironment({
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: "1",
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: "1",
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: "false",
    })
    .start();
  return {
    kind: "testcontainers",
    nodes: 1,
    address: `${container.getHost()}:${container.getMappedPort(9093)}`,
    stop: async () => void (await container.stop()),
  };
}
