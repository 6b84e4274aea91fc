import { createConnection, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { BrokerAddress } from "./kafkajs-internals.ts";

const PROBE_MS = 3000;

/** Does the listener finish a TLS handshake (whoever it is)? Asked only to explain a connection that failed. */
export function speaksTls(address: BrokerAddress): Promise<boolean> {
  return firstSign(
    connectTls({ ...address, rejectUnauthorized: false, ALPNProtocols: [] }), // nothing is sent to it, and nothing believed
    "secureConnect",
  );
}

/** Does the listener answer a request in plain text? */
export function speaksPlain(address: BrokerAddress): Promise<boolean> {
  const socket = createConnection(address);
  socket.once("connect", () => socket.write(API_VERSIONS_0));
  return firstSign(socket, "data", (answer) => answer[0] === 0); // a length; a TLS listener sends an alert
}

/** Length, key 18, version 0, correlation id 1, no client id. */
const API_VERSIONS_0 = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 255, 255]);

function firstSign(socket: Socket, sign: "secureConnect" | "data", isIt: (data: Uint8Array) => boolean = () => true): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (yes: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(yes);
    };
    const timer = setTimeout(() => end(false), PROBE_MS);
    socket.once(sign, (data: Uint8Array) => end(isIt(data)));
    socket.once("error", () => end(false));
    socket.once("close", () => end(false));
  });
}
