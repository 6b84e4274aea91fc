import type { FastifyInstance } from "fastify";
import { DURATION_BUCKETS, type Meter } from "./meter.ts";

/** The methods that a label may have; every other one is "other". */
const METHODS: readonly string[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** Duration of requests by method, route and class of status. A route is its pattern, never the path that was asked for. */
export function measureRequests(app: FastifyInstance, meter: Meter): void {
  const duration = meter.histogram(
    "http_request_duration_seconds",
    "Time from the first byte of a request to the end of the answer",
    ["method", "route", "status"],
    DURATION_BUCKETS,
  );
  app.addHook("onResponse", async (request, reply) => {
    duration.observe(
      {
        method: METHODS.includes(request.method) ? request.method : "other",
        route: request.routeOptions.url ?? "unmatched",
        status: `${Math.floor(reply.statusCode / 100)}xx`,
      },
      reply.elapsedTime / 1000,
    );
  });
}
