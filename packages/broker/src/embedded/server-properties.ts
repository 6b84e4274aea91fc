import { doorProperties, type PlacedDoor, type SecureProfile } from "./doors.ts";

/** One node of the embedded cluster: broker and controller in one process. */
export interface NodeConfig {
  readonly id: number;
  /** Port of clients. */
  readonly port: number;
  readonly controllerPort: number;
  /** id and controller port of every node, this one included. */
  readonly voters: readonly { readonly id: number; readonly controllerPort: number }[];
  readonly dataDir: string;
  /** A second door: listens on one port and tells clients to come by another, where a proxy of a test stands. */
  readonly proxied?: ProxiedListener;
  /** Secured listeners. */
  readonly secured?: { readonly profile: SecureProfile; readonly doors: readonly PlacedDoor[] };
}

export interface ProxiedListener {
  readonly port: number;
  readonly advertisedPort: number;
}

/** The settings of a node, as `server.properties` holds them. */
export function serverProperties({ id, port, controllerPort, voters, dataDir, proxied, secured }: NodeConfig): string {
  const replicas = Math.min(3, voters.length);
  const inSync = replicas === 3 ? 2 : 1;
  const doors = secured?.doors ?? [];
  const settings: Record<string, string | number | boolean> = {
    "process.roles": "broker,controller",
    "node.id": id,
    "controller.quorum.voters": voters.map((v) => `${v.id}@127.0.0.1:${v.controllerPort}`).join(","),
    listeners: [
      ...doors.map((d) => `${d.name}://127.0.0.1:${d.port}`),
      `PLAINTEXT://127.0.0.1:${port}`,
      ...(proxied ? [`PROXIED://127.0.0.1:${proxied.port}`] : []),
      `CONTROLLER://127.0.0.1:${controllerPort}`,
    ].join(","),
    "advertised.listeners": [
      ...doors.map((d) => `${d.name}://localhost:${d.port}`),
      `PLAINTEXT://127.0.0.1:${port}`,
      ...(proxied ? [`PROXIED://127.0.0.1:${proxied.advertisedPort}`] : []),
    ].join(","),
    "listener.security.protocol.map": [
      ...doors.map((d) => `${d.name}:${d.protocol}`),
      "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
      ...(proxied ? ["PROXIED:PLAINTEXT"] : []),
    ].join(","),
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "log.dirs": dataDir,
    "auto.create.topics.enable": false,
    "default.replication.factor": replicas,
    "min.insync.replicas": inSync,
    "offsets.topic.replication.factor": replicas,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.replication.factor": replicas,
    "transaction.state.log.min.isr": inSync,
    "transaction.state.log.num.partitions": 4,
    "share.coordinator.state.topic.replication.factor": replicas,
    "share.coordinator.state.topic.min.isr": inSync,
    "share.coordinator.state.topic.num.partitions": 4,
    "group.initial.rebalance.delay.ms": 0,
    "log.cleaner.dedupe.buffer.size": 2_097_152,
    "num.network.threads": 2,
    "num.io.threads": 2,
    // Nobody takes over from a lone broker: calling a slow one gone would only take the leaders from all partitions. One of
    // three is let in again after kill -9 when the session of its former life is over, by default after nine seconds.
    "broker.session.timeout.ms": voters.length === 1 ? 60_000 : 3000,
    "broker.heartbeat.interval.ms": 500,
    // Quick fail-over of groups and transactions.
    "group.consumer.min.session.timeout.ms": 3000,
    "group.consumer.session.timeout.ms": 6000,
    "group.consumer.min.heartbeat.interval.ms": 500,
    "group.consumer.heartbeat.interval.ms": 1000,
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": 1000,
    ...(secured && doorProperties(secured.profile, doors)),
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join("");
}

/** Warnings to standard output, nothing else. */
export const LOG4J_CONFIG = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %p %c{1}: %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
`;
