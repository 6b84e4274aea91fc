import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { expect, it } from "vitest";
import { listeningInodes, portHolder } from "./port-holder.ts";
import { answers, freePorts, isPortTaken } from "./ready.ts";

it("reads the listening sockets of a port from the kernel's table", () => {
  const table = [
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
    "   0: 0100007F:4A94 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0 100 0 0 10 0",
    "   1: 0100007F:4A94 0100007F:BEEF 01 00000000:00000000 00:00000000 00000000     0        0 222 1 0 100 0 0 10 0",
    "   2: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 333 1 0 100 0 0 10 0",
  ].join("\n");
  expect([listeningInodes(table, 19_092), listeningInodes(table, 80), listeningInodes(table, 81)]).toEqual([["111"], ["333"], []]);
});

it("sees a port that is taken, by whom, and that no Kafka answers there", async () => {
  const [port = 0] = await freePorts(1);
  expect(await isPortTaken(port)).toBe(false);
  const server = createServer((socket) => socket.end());
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  try {
    expect([await isPortTaken(port), await answers(port)]).toEqual([true, false]);
    if (existsSync("/proc/net/tcp")) expect((await portHolder(port))?.pid).toBe(process.pid);
  } finally {
    server.close();
  }
});
