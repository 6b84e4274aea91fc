import { WeirError } from "@weir/record";
import { fastify, type FastifyInstance } from "fastify";
import { addRoutes } from "./fastify-routes.ts";
import { measureRequests } from "./metrics/requests.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { refuseConnection } from "./refuse-connection.ts";
import { CONNECTION_LIMITS, type ConnectionLimits, type Route } from "./route.ts";

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  readonly metrics: Metrics;
  /** Why the service is not ready; null when it is. */
  readonly notReady: () => string | null;
  /** Why partitions cannot go on: told, but no reason to send the others' work elsewhere. */
  readonly halted?: () => readonly string[];
  /** The service's own addresses. */
  readonly routes?: readonly Route[];
  readonly limits?: ConnectionLimits;
}

export interface HttpServer extends AsyncDisposable {
  readonly url: string;
}

/** How often connections are looked at that take too long. */
const CHECK_MS = 1000;

/** `/livez` (the loop turns), `/readyz` (joined, model loaded), `/startupz`, `/metrics`, and the service's own routes. */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const { host, port, metrics, notReady, halted = () => [] } = options;
  const app = createApp(options.limits ?? CONNECTION_LIMITS);
  measureRequests(app, metrics);
  let started = false;
  app.get("/livez", async () => ({ live: true }));
  app.get("/readyz", async (_request, reply) => {
    const reason = notReady();
    const stuck = halted().length === 0 ? {} : { halted: halted() };
    return reply.code(reason === null ? 200 : 503).send(reason === null ? { ready: true, ...stuck } : { ready: false, reason, ...stuck });
  });
  app.get("/startupz", async (_request, reply) => {
    started ||= notReady() === null;
    return reply.code(started ? 200 : 503).send({ started });
  });
  app.get("/metrics", async (request, reply) => {
    const { contentType, text } = await metrics.expose(request.headers.accept);
    return reply.header("content-type", contentType).header("vary", "accept").send(text);
  });
  addRoutes(app, options.routes ?? []);
  const url = await app.listen({ host, port }).catch((cause: unknown) => {
    throw portProblem(host, port, cause);
  });
  return { url, [Symbol.asyncDispose]: () => app.close() };
}

function createApp(limits: ConnectionLimits): FastifyInstance {
  const app = fastify({
    logger: false,
    forceCloseConnections: true,
    requestTimeout: limits.requestMs,
    clientErrorHandler: refuseConnection(limits),
    http: { headersTimeout: limits.headersMs, connectionsCheckingInterval: CHECK_MS, maxHeaderSize: limits.headerBytes },
  });
  app.server.maxConnections = limits.connections;
  return app;
}

function portProblem(host: string, port: number, cause: unknown): WeirError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const taken = code === "EADDRINUSE";
  return new WeirError(
    {
      code: "WEIR-5101",
      what: taken ? `port ${port} is taken` : `cannot listen on ${host}:${port}`,
      where: `${host}:${port}`,
      why: taken ? "another process listens there, perhaps an earlier run" : String(cause),
      fix: "stop that process, or shift all five ports with --port N",
    },
    { cause, exitCode: 1 },
  );
}
