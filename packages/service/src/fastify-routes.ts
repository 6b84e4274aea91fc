import type { Problem } from "@weir/record";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { problemAnswer, type HttpAnswer, type Route } from "./route.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;

/** Routes get bodies as streams, whatever their type; everything that goes wrong is told in the same form. */
export function addRoutes(app: FastifyInstance, routes: readonly Route[]): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _body, done) => done(null, undefined));
  for (const route of routes)
    app.route({
      method: route.method,
      url: route.path,
      exposeHeadRoute: false,
      handler: async (request, reply) => send(reply, await route.handle(requestOf(request))),
    });
  for (const path of new Set(routes.map((route) => route.path))) refuseOtherMethods(app, path, routes);
  app.setNotFoundHandler((request, reply) => send(reply, problemAnswer(404, nothingThere(request.url))));
  app.setErrorHandler((error, _request, reply) => send(reply, answerOf(error)));
}

function requestOf({ params, raw }: FastifyRequest): Parameters<Route["handle"]>[0] {
  const named = Object.entries(params ?? {}).map(([name, value]): [string, string] => [name, String(value)]);
  const query = new URL(raw.url ?? "/", "http://weir").searchParams;
  return { params: Object.fromEntries(named), query, headers: raw.headers, body: raw };
}

function send(reply: FastifyReply, { status, headers = {}, body }: HttpAnswer): FastifyReply {
  return reply
    .code(status)
    .headers({ "content-type": "application/json", ...headers })
    .send(typeof body === "string" ? Buffer.from(body) : body); // of text the library would change the content type
}

function refuseOtherMethods(app: FastifyInstance, path: string, routes: readonly Route[]): void {
  const allowed: readonly string[] = routes.filter((route) => route.path === path).map((route) => route.method);
  const answer = problemAnswer(
    405,
    { code: "WEIR-5124", what: "this address does not take the method", where: path, fix: `use ${allowed.join(" or ")}` },
    { allow: allowed.join(", ") },
  );
  const method = METHODS.filter((name) => !allowed.includes(name));
  app.route({ method, url: path, exposeHeadRoute: false, handler: (_request, reply) => send(reply, answer) });
}

function nothingThere(url: string): Problem {
  return {
    code: "WEIR-5125",
    what: "there is nothing at this address",
    where: url.slice(0, 200),
    fix: "compare it with the paths of the service's README; /v1/PIPELINE/openapi.json lists those of ingest",
  };
}

/** Faults that the HTTP library finds are the client's; all others are ours and keep their details to themselves. */
function answerOf(error: unknown): HttpAnswer {
  const status = error instanceof Error && "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : 500;
  if (status < 500 && error instanceof Error)
    return problemAnswer(status, {
      code: "WEIR-5123",
      what: "the request cannot be understood",
      why: error.message,
      fix: "correct what is named",
    });
  return problemAnswer(500, {
    code: "WEIR-5126",
    what: "something went wrong in the service",
    why: "a fault of its own, told in its log",
    fix: "try again with the same Idempotency-Key; if it stays, ask its owner",
  });
}
