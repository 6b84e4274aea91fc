import type { NodeConfig } from "./server-properties.ts";

/** Settings of a node whose controller runs without its broker, and takes a broker for gone that was silent for `sessionMs`. */
export function controllerProperties({ id, controllerPort, dataDir }: NodeConfig, sessionMs: number): string {
  const settings = {
    "process.roles": "controller",
    "node.id": id,
    "controller.quorum.voters": `${id}@127.0.0.1:${controllerPort}`,
    listeners: `CONTROLLER://127.0.0.1:${controllerPort}`,
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "log.dirs": dataDir,
    "broker.session.timeout.ms": sessionMs,
    "broker.heartbeat.interval.ms": Math.floor(sessionMs / 2),
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join("");
}
