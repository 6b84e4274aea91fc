import { WeirError } from "@weir/record";
import { fastify, type FastifyInstance } from "fastify";
import type { Metrics } from "./metrics.ts";

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  readonly metrics: Metrics;
  /** Why the service is not ready; null when it is. */
  readonly notReady: () => string | null;
  /** Adds the service's own routes. */
  readonly routes?: (app: FastifyInstance) => void;
}

export interface HttpServer extends AsyncDisposable {
  readonly url: string;
}

/** `/livez` (the loop turns), `/readyz` (joined, model loaded), `/startupz`, `/metrics`, and the service's own routes. */
export async function serveHttp({ host, port, metrics, notReady, routes }: HttpOptions): Promise<HttpServer> {
  const app = fastify({ logger: false, forceCloseConnections: true });
  let started = false;
  app.get("/livez", async () => ({ live: true }));
  app.get("/readyz", async (_request, reply) => {
    const reason = notReady();
    return reply.code(reason === null ? 200 : 503).send(reason === null ? { ready: true } : { ready: false, reason });
  });
  app.get("/startupz", async (_request, reply) => {
    started ||= notReady() === null;
    return reply.code(started ? 200 : 503).send({ started });
  });
  app.get("/metrics", async (_request, reply) =>
    reply.header("content-type", metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
  routes?.(app);
  const url = await app.listen({ host, port }).catch((cause: unknown) => {
    throw portProblem(host, port, cause);
  });
  return { url, [Symbol.asyncDispose]: () => app.close() };
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
