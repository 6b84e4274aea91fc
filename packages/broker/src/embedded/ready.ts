import { createConnection, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const LOOK_MS = 50;
const API_VERSIONS = 18;

/** Does the broker at this port answer a request of Kafka's protocol? */
export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: "127.0.0.1" });
    const end = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.setTimeout(2000, () => end(false));
    socket.once("error", () => end(false));
    socket.once("connect", () => socket.write(apiVersionsRequest()));
    socket.once("data", () => end(true));
    socket.once("close", () => end(false));
  });
}

/** Length, key, version 0, correlation id, client id. */
function apiVersionsRequest(): Buffer {
  const client = Buffer.from("weir");
  const request = Buffer.alloc(14 + client.length);
  request.writeInt32BE(10 + client.length, 0);
  request.writeInt16BE(API_VERSIONS, 4);
  request.writeInt32BE(1, 8);
  request.writeInt16BE(client.length, 12);
  client.copy(request, 14);
  return request;
}

/** Waits until the port answers; false when `gaveUp` says that it never will or the time is over. */
export async function waitUntilAnswers(port: number, limitMs: number, gaveUp: () => boolean): Promise<boolean> {
  for (const end = Date.now() + limitMs; Date.now() < end && !gaveUp(); await sleep(LOOK_MS)) {
    if (await answers(port)) return true;
  }
  return false;
}

export function isPortTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: "127.0.0.1" });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** Ports that nobody has at this moment. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer()
            .once("error", reject)
            .listen(0, "127.0.0.1", () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((s) => {
    const address = s.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((s) => new Promise((done) => s.close(done))));
  return ports;
}
