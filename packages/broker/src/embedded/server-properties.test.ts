import { expect, it } from "vitest";
import { serverProperties, type NodeConfig } from "./server-properties.ts";

const config = (changes: Partial<NodeConfig> = {}): NodeConfig => ({
  id: 1,
  port: 9092,
  controllerPort: 9093,
  voters: [{ id: 1, controllerPort: 9093 }],
  dataDir: "/data",
  ...changes,
});
const settings = (changes: Partial<NodeConfig> = {}): Record<string, string> =>
  Object.fromEntries(
    serverProperties(config(changes))
      .trim()
      .split("\n")
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );

it("makes one node broker and controller, on loopback only, with nothing replicated", () => {
  expect(settings()).toMatchObject({
    "process.roles": "broker,controller",
    "node.id": "1",
    "log.dirs": "/data",
    "auto.create.topics.enable": "false",
    listeners: "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093",
    "advertised.listeners": "PLAINTEXT://127.0.0.1:9092",
    "controller.quorum.voters": "1@127.0.0.1:9093",
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
  });
});

it("replicates three times over three nodes, two of which must have a write", () => {
  const voters = [1, 2, 3].map((id) => ({ id, controllerPort: 9100 + id }));
  expect(settings({ id: 2, voters })).toMatchObject({
    "node.id": "2",
    "controller.quorum.voters": "1@127.0.0.1:9101,2@127.0.0.1:9102,3@127.0.0.1:9103",
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    "share.coordinator.state.topic.min.isr": "2",
  });
});

it("gives a node a second door that sends its clients to a proxy", () => {
  expect(settings({ proxied: { port: 9500, advertisedPort: 9600 } })).toMatchObject({
    listeners: "PLAINTEXT://127.0.0.1:9092,PROXIED://127.0.0.1:9500,CONTROLLER://127.0.0.1:9093",
    "advertised.listeners": "PLAINTEXT://127.0.0.1:9092,PROXIED://127.0.0.1:9600",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT",
  });
});

it("lets one of three in again soon after it was killed, and does not call a lone one gone for being slow", () => {
  const voters = [1, 2, 3].map((id) => ({ id, controllerPort: 9100 + id }));
  expect([settings({ voters })["broker.session.timeout.ms"], settings()["broker.session.timeout.ms"]]).toEqual(["3000", "60000"]);
});

it("hands groups and transactions over quickly", () => {
  expect(settings()).toMatchObject({
    "group.initial.rebalance.delay.ms": "0",
    "group.consumer.session.timeout.ms": "6000",
    "group.consumer.heartbeat.interval.ms": "1000",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
  });
});
