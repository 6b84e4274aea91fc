import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createRandom } from "../random.ts";
import { createFaultProxy, type FaultProxy } from "./fault-proxy.ts";
import { frameCutter, requestHeader } from "./frames.ts";
import { layFault } from "./script.ts";

const PRODUCE = 0;
const END_TXN = 26;

/** Answers every request with its correlation id, and remembers what came. */
async function echoBroker(): Promise<{ readonly port: number; readonly got: number[]; close(): void }> {
  const got: number[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    socket.on(
      "data",
      frameCutter((frame) => {
        const { correlationId } = requestHeader(frame);
        got.push(correlationId);
        const answer = Buffer.alloc(8);
        answer.writeInt32BE(4, 0);
        answer.writeInt32BE(correlationId, 4);
        socket.write(answer);
      }),
    );
  });
  const port = await new Promise<number>((resolve) => server.listen(0, "127.0.0.1", () => resolve(portOf(server))));
  return {
    port,
    got,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  return address !== null && typeof address === "object" ? address.port : 0;
}

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => {
      const port = portOf(server);
      server.close(() => resolve(port));
    }),
  );
}

interface Client {
  readonly answers: number[];
  readonly ended: Promise<"reset">;
  send(api: number, correlationId: number, clientId?: string): void;
  until(count: number): Promise<number[]>;
}

function request(api: number, correlationId: number, clientId: string): Buffer {
  const id = Buffer.from(clientId);
  const frame = Buffer.alloc(14 + id.length);
  frame.writeInt32BE(10 + id.length, 0);
  frame.writeInt16BE(api, 4);
  frame.writeInt32BE(correlationId, 8);
  frame.writeInt16BE(id.length, 12);
  id.copy(frame, 14);
  return frame;
}

async function client(port: number): Promise<Client> {
  const socket = connect({ port, host: "127.0.0.1" }).setNoDelay(true);
  await new Promise((resolve) => socket.once("connect", resolve));
  const answers: number[] = [];
  const looks = new Set<() => void>();
  const cut = frameCutter((frame) => {
    answers.push(frame.readInt32BE(4));
    for (const look of looks) look();
  });
  socket.on("data", cut).on("error", () => {});
  return {
    answers,
    ended: new Promise((resolve) => socket.once("close", () => resolve("reset"))),
    send: (api, correlationId, clientId = "c") => void socket.write(request(api, correlationId, clientId)),
    until: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (answers.length >= count) resolve(answers);
        };
        looks.add(look);
        look();
      }),
  };
}

let broker: Awaited<ReturnType<typeof echoBroker>>;
let proxy: FaultProxy;
let port: number;
beforeEach(async () => {
  [broker, port] = await Promise.all([echoBroker(), freePort()]);
  proxy = await createFaultProxy({ doors: [{ listen: port, broker: broker.port }], seed: 1 });
});
afterEach(async () => {
  await proxy[Symbol.asyncDispose]();
  broker.close();
});

test("frames come out whole however the bytes were cut", () => {
  const stream = Buffer.concat([request(PRODUCE, 1, "a"), request(END_TXN, 2, "longer-name"), request(PRODUCE, 3, "")]);
  for (let size = 1; size <= stream.length; size++) {
    const seen: string[] = [];
    const push = frameCutter((frame) => seen.push(`${requestHeader(frame).api} ${requestHeader(frame).correlationId}`));
    for (let at = 0; at < stream.length; at += size) push(stream.subarray(at, at + size));
    expect(seen).toEqual(["Produce 1", "EndTxn 2", "Produce 3"]);
  }
  expect(() => frameCutter(() => {})(Buffer.from([0x7f, 0xff, 0xff, 0xff]))).toThrow("a frame of");
});

test("an answer that is cut was worked on, a request that is cut was not", async () => {
  const answerCut = proxy.lay({ api: "EndTxn", nth: 2, does: "cut-answer" });
  const one = await client(port);
  for (const [api, n] of [[PRODUCE, 1], [END_TXN, 2], [PRODUCE, 3], [END_TXN, 4]] as const) one.send(api, n); // prettier-ignore
  expect(await one.ended).toBe("reset");
  expect([one.answers, broker.got, answerCut.hits]).toEqual([[1, 2, 3], [1, 2, 3, 4], 1]);

  proxy.lay({ api: "Produce", does: "cut-request" });
  const two = await client(port);
  two.send(PRODUCE, 5);
  expect([await two.ended, broker.got]).toEqual(["reset", [1, 2, 3, 4]]);
  const three = await client(port);
  three.send(PRODUCE, 6);
  expect(await three.until(1)).toEqual([6]); // once is once
});

test("a lost answer leaves the connection as it is, and hits one client only", async () => {
  const lost = proxy.lay({ api: "Produce", client: "b", does: "lose-answer" });
  const one = await client(port);
  one.send(PRODUCE, 1, "a");
  one.send(PRODUCE, 2, "b");
  one.send(PRODUCE, 3, "b");
  expect(await one.until(2)).toEqual([1, 3]);
  expect(await lost.hit).toMatchObject({ api: "Produce", clientId: "b", correlationId: 2 });
});

test("what is held keeps everything behind it, in order, until the fault is lifted", async () => {
  const held = proxy.lay({ api: "EndTxn", does: "hold-request" });
  const answerHeld = proxy.lay({ api: "Produce", nth: 2, does: "hold-answer" });
  const one = await client(port);
  for (const [api, n] of [[PRODUCE, 1], [END_TXN, 2], [PRODUCE, 3]] as const) one.send(api, n); // prettier-ignore
  await held.hit;
  expect([await one.until(1), broker.got]).toEqual([[1], [1]]);
  held.lift();
  await answerHeld.hit;
  expect([await one.until(2), broker.got]).toEqual([
    [1, 2],
    [1, 2, 3],
  ]);
  answerHeld.lift();
  expect(await one.until(3)).toEqual([1, 2, 3]);
});

test("weather: latency, a narrow line and one-way loss are for all connections", async () => {
  const one = await client(port);
  const timed = async (n: number): Promise<number> => {
    const from = performance.now();
    one.send(PRODUCE, n);
    await one.until(n);
    return performance.now() - from;
  };
  proxy.weather({ latencyMs: 40 });
  expect(await timed(1)).toBeGreaterThan(75); // each way
  proxy.weather({ bytesPerSecond: 200 }); // 15 bytes there, 8 back
  expect(await timed(2)).toBeGreaterThan(110);
  proxy.weather({ lost: { toBroker: false, toClient: true } });
  one.send(PRODUCE, 3);
  await expect.poll(() => broker.got).toEqual([1, 2, 3]);
  proxy.clear();
  one.send(PRODUCE, 4);
  await one.until(3);
  expect(one.answers).toEqual([1, 2, 4]);
  expect(proxy.counts.get("Produce")).toBe(4);
});

test("a chance is drawn from the seed: the same victims in every run", () => {
  const victims = (seed: number): number[] => {
    const fault = layFault({ api: "Produce", chance: 0.3, times: 100, does: "cut-answer" }, createRandom(seed));
    const requests = Array.from({ length: 40 }, (_, i) => ({ api: "Produce", version: 12, correlationId: i, clientId: "c" }));
    return requests.filter((request) => fault.claims(request)).map((request) => request.correlationId);
  };
  expect(victims(7)).toEqual(victims(7));
  expect(victims(7)).not.toEqual(victims(8));
  expect(victims(7).length).toBeGreaterThan(4);
});
