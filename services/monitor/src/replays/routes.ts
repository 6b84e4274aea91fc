import { Readable } from "node:stream";
import { headerRule, isOver, parseSelection, recordHeaders, runIdOf, type Letter, type RunStatus, type Selection } from "@weir/deadletter";
import {
  declareFixed,
  executePlan,
  groupLetters,
  letterAt,
  listLetters,
  makePlan,
  openLedger,
  steerRun,
  unknownRun,
  type LedgerReader,
  type PlanContext,
} from "@weir/replay";
import type { Header } from "@weir/record";
import { VERSION, type HttpAnswer, type HttpRequest, type Logger, type Route } from "@weir/service";
import { answered, json, jsonIn, nothingThere } from "./answers.ts";
import { actorIn, BadRequest, executionRequest, planRequest } from "./bodies.ts";
import { openApi, ROUTE_NAMES, ROUTES, type RouteName } from "./openapi.ts";

/** The API of dead letters, and the runs that this process carries out. */
export interface Replays extends AsyncDisposable {
  readonly routes: readonly Route[];
}

const EVENTS_EVERY_MS = 500;
const ANSWER_MS = 5000;
const SETTLE_MS = 30_000;
const MAX_LISTED = 1000;

type Handlers = Readonly<Record<RouteName, (request: HttpRequest) => Promise<HttpAnswer>>>;

/** The core of the command line behind routes, with progress as server-sent events. */
export function createReplays(context: PlanContext, logger: Logger): Replays {
  const running = new Map<string, Promise<unknown>>();
  let leaving = false;
  const start = (body: unknown): { run: string } => {
    const { plan, actor, reason, pace, abortOn } = executionRequest(body);
    const run = runIdOf(plan);
    if (running.has(run)) return { run };
    const onNote = (line: string): void => logger.info({ run }, line);
    const done =
      executePlan({ ...context, plan, actor, reason, pace, abortOn, settleMs: SETTLE_MS, leave: () => leaving, onProgress: () => {}, onNote }) // prettier-ignore
        .catch((error: unknown) => logger.error({ run, err: error }, "the run stopped; executing its plan again goes on with it"))
        .finally(() => running.delete(run));
    running.set(run, done);
    return { run };
  };
  const handlers: Handlers = { ...letterHandlers(context), ...runHandlers(context, start, () => leaving) };
  const routes = Object.entries(ROUTES).map(([name, { method, path }]): Route => {
    const handle = handlers[nameOf(name)];
    return {
      method: method === "get" ? "GET" : "POST",
      path: path.replace(/\{(\w+)\}/g, ":$1"),
      handle: (request) => answered(() => handle(request)),
    };
  });
  const document: Route = { method: "GET", path: "/v1/openapi.json", handle: async () => json(openApi(VERSION)) };
  return {
    routes: [...routes, document],
    [Symbol.asyncDispose]: async () => {
      leaving = true;
      await Promise.all(running.values());
    },
  };
}

function nameOf(text: string): RouteName {
  const name = ROUTE_NAMES.find((known) => known === text);
  if (name === undefined) throw new Error(`no route ${text}`);
  return name;
}

function letterHandlers(context: PlanContext): Pick<Handlers, "list" | "groups" | "fixed" | "show"> {
  const { loaded, log, clock } = context;
  return {
    list: async ({ query }) => {
      const { topic, selection } = queried(query, loaded.topology.dlq);
      const listed: unknown[] = [];
      for await (const { at, letter, outcome } of listLetters(loaded, log, topic, { limit: MAX_LISTED, ...selection }))
        listed.push({ at, ...letter.description, outcome });
      return json(listed);
    },
    groups: async ({ query }) => {
      const { topic, selection } = queried(query, loaded.topology.dlq);
      return json(await groupLetters(loaded, log, topic, selection));
    },
    fixed: async ({ params, body }) => {
      const given = await jsonIn(body);
      const actor = actorIn(given);
      const version = new Map<string, unknown>(Object.entries(given ?? {})).get("version");
      if (typeof version !== "string" || version === "") throw new BadRequest(["version must say what it is fixed in"]);
      await declareFixed({ log, clock, loaded, actor, fingerprint: params["fingerprint"] ?? "", version });
      return json({ version });
    },
    show: async ({ params }) => {
      const place = `${params["topic"] ?? ""}/${params["partition"] ?? ""}/${params["offset"] ?? ""}`;
      const letter = await letterAt(log, place);
      return letter ? json(shown(letter)) : nothingThere("there is no dead letter at this place", place);
    },
  };
}

function runHandlers(
  context: PlanContext,
  start: (body: unknown) => { run: string },
  leaving: () => boolean,
): Omit<Handlers, "list" | "groups" | "fixed" | "show"> {
  const { loaded, log, clock } = context;
  const ledger = (): Promise<LedgerReader> => openLedger(log, loaded.topology.replays);
  const steer =
    (does: "pause" | "resume" | "cancel") =>
    async ({ params, body }: HttpRequest): Promise<HttpAnswer> => {
      const actor = actorIn(await jsonIn(body));
      return json(await steerRun({ log, clock, loaded, run: params["run"] ?? "", does, actor, waitMs: ANSWER_MS }));
    };
  return {
    plan: async ({ body }) => json(await makePlan(planRequest(await jsonIn(body), loaded.topology.dlq), context)),
    execute: async ({ body }) => json(start(await jsonIn(body)), 202),
    runs: async () => json((await ledger()).view.runs()),
    run: async ({ params }) => json(statusOf(await ledger(), params["run"] ?? "")),
    events: async ({ params }) => {
      const reader = await ledger();
      const run = params["run"] ?? "";
      statusOf(reader, run);
      const headers = { "content-type": "text/event-stream", "cache-control": "no-store" };
      return { status: 200, headers, body: Readable.from(progress(reader, run, clock, leaving)) };
    },
    pause: steer("pause"),
    resume: steer("resume"),
    cancel: steer("cancel"),
  };
}

function statusOf({ view }: LedgerReader, run: string): RunStatus {
  return view.run(run) ?? unknownRun(run);
}

/** The run as it stands, twice a second, until it is over. */
async function* progress(ledger: LedgerReader, run: string, clock: PlanContext["clock"], leaving: () => boolean): AsyncGenerator<string> {
  for (;;) {
    const status = statusOf(ledger, run);
    yield `event: run\ndata: ${JSON.stringify(status)}\n\n`;
    if (isOver(status.state) || leaving()) return;
    await clock.sleep(EVENTS_EVERY_MS);
    await ledger.refresh().catch(() => {}); // the broker is away: the next look tells
  }
}

function queried(query: URLSearchParams, topic: string): { topic: string; selection: Selection } {
  const given = new Map<string, unknown>();
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name);
    given.set(name, name === "limit" ? Number(values[0]) : ["since", "until", "filter"].includes(name) ? values[0] : values);
  }
  given.delete("topic");
  const { selection, problems } = parseSelection(Object.fromEntries(given));
  if (problems.length > 0) throw new BadRequest(problems);
  return { topic: query.get("topic") ?? topic, selection };
}

function shown(letter: Letter): unknown {
  const { record, description } = letter;
  return { ...description, key: textOf(record.key), value: textOf(record.value), headers: record.headers.map(headerText), free: recordHeaders(letter).map((h) => h.key) }; // prettier-ignore
}

function headerText({ key, value }: Header): readonly [string, string | null] {
  return [key, headerRule(key) === "sensitive" ? "(not shown)" : textOf(value)];
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** UTF-8 where it is, else base64 with a prefix that says so. */
function textOf(bytes: Uint8Array | null): string | null {
  if (bytes === null) return null;
  try {
    return decoder.decode(bytes);
  } catch {
    return `base64:${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64")}`;
  }
}
