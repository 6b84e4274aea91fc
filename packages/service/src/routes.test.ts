import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveHttp, type HttpServer } from "./http.ts";
import { createMetrics } from "./metrics/metrics.ts";
import type { Route } from "./route.ts";

const echo: Route = {
  method: "POST",
  path: "/v1/:name/echo",
  handle: async ({ params, body }) => {
    if (params["name"] === "broken") throw new Error("a secret of the inside");
    const parts: Buffer[] = [];
    for await (const part of body) parts.push(Buffer.from(part));
    return { status: 202, headers: { "x-name": params["name"] ?? "" }, body: Buffer.concat(parts) };
  },
};

let server: HttpServer;
beforeAll(async () => {
  const limits = { headersMs: 300, requestMs: 600, headerBytes: 4096, connections: 20 };
  server = await serveHttp({ host: "127.0.0.1", port: 0, metrics: createMetrics(), notReady: () => null, routes: [echo], limits });
});
afterAll(() => server[Symbol.asyncDispose]());

const post = (path: string, body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${server.url}${path}`, { method: "POST", body: Buffer.from(body), headers });

/** What the server says to these bytes until it ends the connection. */
function raw(text: string): Promise<string> {
  const { port, hostname } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let said = "";
    socket.on("data", (piece) => (said += piece.toString()));
    socket.on("close", () => resolve(said));
    socket.on("error", reject);
  });
}

test.each(["application/json", "text/plain", "a/b+c; charset=x", ""])(
  "a body of type %j reaches the route as the bytes that were sent",
  async (type) => {
    const bytes = Uint8Array.of(0, 255, 123, 10);
    const answer = await post("/v1/a%20b/echo", bytes, type === "" ? {} : { "content-type": type });
    expect([answer.status, answer.headers.get("x-name")]).toEqual([202, "a b"]);
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(bytes);
  },
);

test.each([
  ["GET", "/v1/a/echo", 405, "WEIR-5124"],
  ["DELETE", "/v1/a/echo", 405, "WEIR-5124"],
  ["POST", "/nowhere", 404, "WEIR-5125"],
  ["POST", "/v1/broken/echo", 500, "WEIR-5126"],
])("%s %s is answered with %i and what was wrong", async (method, path, status, code) => {
  const answer = await fetch(`${server.url}${path}`, { method });
  const text = await answer.text();
  expect([answer.status, answer.headers.get("content-type")]).toEqual([status, "application/problem+json"]);
  expect(JSON.parse(text)).toMatchObject({ status, code });
  expect(text).not.toContain("secret");
});

test.each([
  ["garbage", "\u0016\u0003\u0001\r\n\r\n", "400 Bad Request", "WEIR-5123"],
  ["a flood of headers", `GET / HTTP/1.1\r\nhost: a\r\nx: ${"y".repeat(8000)}\r\n\r\n`, "431 Request Header", "WEIR-5122"],
  ["headers that never end", "GET / HTTP/1.1\r\nhost: a\r\n", "408 Request Timeout", "WEIR-5121"],
  ["a body that never ends", "POST /v1/a/echo HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc", "408 Request Timeout", "WEIR-5121"],
])("%s ends the connection with an answer that says why", async (_, text, status, code) => {
  const said = await raw(text);
  expect(said).toContain(`HTTP/1.1 ${status}`);
  expect(said).toContain(code);
  expect((await fetch(`${server.url}/livez`)).status).toBe(200);
});
