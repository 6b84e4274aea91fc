/** One route of the API: what it does, for people and for the document. */
export interface RouteDoc {
  readonly method: "get" | "post";
  /** Parameters in braces, as OpenAPI writes them. */
  readonly path: string;
  readonly summary: string;
  readonly answers: Readonly<Record<number, string>>;
  /** Members of the body. */
  readonly body?: Readonly<Record<string, string>>;
}

export const ROUTE_NAMES = ["list", "groups", "fixed", "show", "plan", "execute", "runs", "run", "events", "pause", "resume", "cancel"] as const; // prettier-ignore
export type RouteName = (typeof ROUTE_NAMES)[number];

export const ROUTES: Readonly<Record<RouteName, RouteDoc>> = {
  list: { method: "get", path: "/v1/dead-letters", summary: "Dead letters with what became of them, oldest first. Query: topic, class, rule, stage, owner, fingerprint, window, key (repeatable), since, until, filter, limit.", answers: { 200: "A list" } },
  groups: { method: "get", path: "/v1/dead-letters/groups", summary: "The same by trouble: how many, since when, whose, what became of them.", answers: { 200: "A list" } },
  fixed: { method: "post", path: "/v1/dead-letters/groups/{fingerprint}/fixed", summary: "Says that the trouble is fixed; it shows again when it comes back.", body: { actor: "who", version: "what it is fixed in" }, answers: { 200: "Written" } },
  show: { method: "get", path: "/v1/dead-letters/{topic}/{partition}/{offset}", summary: "One dead letter, whole; headers that look like secrets are not shown.", answers: { 200: "The letter", 404: "There is none" } },
  plan: { method: "post", path: "/v1/plans", summary: "What a replay, a release or a discard would do, and whether each record would pass now. Produces nothing.", body: { actor: "who", does: "replay (default), release or discard", topic: "default: the pipeline's dead letters", selection: "criteria", edit: "JSON Patch, or patch, map and headers", target: "stage or topic", ifNewer: "{then, version}", force: "also what would fail again", onlyPassing: "leave out what would fail now", again: "also what was dealt with" }, answers: { 200: "The plan, with its digest", 400: "What is wrong with the request" } },
  execute: { method: "post", path: "/v1/replays", summary: "Executes a plan, or goes on with it, in this process.", body: { plan: "as it was made", actor: "who", reason: "why", perSecond: "records a second", rampMs: "reach it in so long", abortOn: "share of 1 that may fail again" }, answers: { 202: "The run", 409: "Why it may not run" } },
  runs: { method: "get", path: "/v1/replays", summary: "All runs, oldest first.", answers: { 200: "A list" } },
  run: { method: "get", path: "/v1/replays/{run}", summary: "One run and its counts.", answers: { 200: "The run", 404: "There is none" } },
  events: { method: "get", path: "/v1/replays/{run}/events", summary: "The run twice a second, as server-sent events, until it is over.", answers: { 200: "text/event-stream", 404: "There is none" } },
  pause: { method: "post", path: "/v1/replays/{run}/pause", summary: "Pauses it, wherever it is carried out.", body: { actor: "who" }, answers: { 200: "The run" } },
  resume: { method: "post", path: "/v1/replays/{run}/resume", summary: "Lets it go on.", body: { actor: "who" }, answers: { 200: "The run" } },
  cancel: { method: "post", path: "/v1/replays/{run}/cancel", summary: "Ends it; what was sent stays sent.", body: { actor: "who" }, answers: { 200: "The run" } },
}; // prettier-ignore

/** The document of these routes, OpenAPI 3.1. */
export function openApi(version: string): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of Object.values(ROUTES)) {
    const parameters = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: "path", required: true, schema: { type: "string" } })); // prettier-ignore
    const properties = Object.fromEntries(Object.entries(route.body ?? {}).map(([name, description]) => [name, { description }]));
    (paths[route.path] ??= {})[route.method] = {
      summary: route.summary,
      ...(parameters.length > 0 && { parameters }),
      ...(route.body && { requestBody: { required: true, content: { "application/json": { schema: { type: "object", properties } } } } }),
      responses: Object.fromEntries(Object.entries(route.answers).map(([status, description]) => [status, { description }])),
    };
  }
  return { openapi: "3.1.0", info: { title: "Weir: dead letters and replays", version }, paths };
}
