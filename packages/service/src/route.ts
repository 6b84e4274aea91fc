import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { Problem } from "@weir/record";

/** A request as it came: the body is a stream that nobody has touched. */
export interface HttpRequest {
  /** By the names in the route's path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON text unless the headers say otherwise. */
  readonly body: string | Uint8Array | Readable;
}

/** One of a service's own addresses. What `handle` throws is a fault of ours: it becomes an answer without details. */
export interface Route {
  readonly method: "GET" | "POST";
  /** `/v1/:pipeline/records` */
  readonly path: string;
  readonly handle: (request: HttpRequest) => Promise<HttpAnswer>;
}

/** How much of a connection's time and memory a client may take before it has said anything worth it. */
export interface ConnectionLimits {
  readonly headersMs: number;
  /** A whole request, its body included. */
  readonly requestMs: number;
  readonly headerBytes: number;
  readonly connections: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = { headersMs: 10_000, requestMs: 300_000, headerBytes: 16_384, connections: 2000 };

/** What was wrong, where, why and what to do, as `application/problem+json` (RFC 9457). */
export function problemAnswer(status: number, problem: Problem, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { status, headers: { "content-type": "application/problem+json", ...headers }, body: problemText(status, problem) };
}

export function problemText(status: number, problem: Problem): string {
  return JSON.stringify({ status, ...problem });
}
