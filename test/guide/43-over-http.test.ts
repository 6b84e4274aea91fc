// What the command line does, other tools do over the monitor's HTTP: plan, execute, watch, steer.
import { run as runMonitor, type RunningMonitor } from "@weir/monitor";
import { createLogger, systemClock } from "@weir/service";
import { afterAll, beforeAll, expect, test } from "vitest";
import { linesOf, startWorld, type World } from "./flights-world.ts";

let world: World;
let monitor: RunningMonitor;

beforeAll(async () => {
  world = await startWorld();
  monitor = await runMonitor({ loaded: world.loaded, connect: async () => world.shared, clock: systemClock, logger: createLogger({ level: "silent", service: "monitor" }), slot: "guide", listen: { host: "127.0.0.1", port: 0 }, transactionTimeoutMs: 10_000 }); // prettier-ignore
  await world.produce(linesOf("corrupt/2013-02-05-distance-as-text.ndjson.gz").slice(-120));
  await world.until(() => world.count("flights.dlq") === 120);
});
afterAll(async () => {
  await monitor.stop();
  await world[Symbol.asyncDispose]();
});

async function ask(method: string, path: string, body?: unknown) {
  const answer = await fetch(monitor.url + path, { method, ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }) }); // prettier-ignore
  const text = await answer.text();
  return { status: answer.status, body: text === "" ? null : JSON.parse(text) };
}

const actor = "user:reader";
const edit = { map: { "/distance": "double(record.distance)" } };

test("groups and single letters", async () => {
  const groups = await ask("GET", "/v1/dead-letters/groups?stage=gate");
  expect(groups.body).toMatchObject([{ class: "CONTRACT", count: 120, open: 120, state: "open", owner: "group:flight-ops" }]);
  const [first] = (await ask("GET", "/v1/dead-letters?limit=1")).body;
  expect(first).toMatchObject({ class: "CONTRACT", outcome: null });
  expect((await ask("GET", `/v1/dead-letters/${first.at}`)).body.value).toContain('"distance":"');
  expect((await ask("GET", "/v1/dead-letters/flights.dlq/0/99999")).status).toBe(404);
});

test("what is wrong with a request is said, all of it", async () => {
  const refused = await ask("POST", "/v1/plans", { actor, selection: { clas: 1 }, edit: [{ op: "frob", path: "/a" }] });
  expect(refused).toMatchObject({ status: 400, body: { code: "WEIR-2601", why: "unknown criterion clas; patch[0]: op must be add, remove, replace, move, copy or test" } }); // prettier-ignore
  const empty = await ask("POST", "/v1/replays", { actor, plan: {}, reason: "" });
  expect(empty.body.why).toBe("plan: it is no plan of this version; reason must say why, for the audit");
});

test("a plan is executed, watched twice a second, paused, resumed, and ends", async () => {
  const plan = (await ask("POST", "/v1/plans", { actor, edit, selection: { class: ["CONTRACT"] } })).body;
  expect(plan).toMatchObject({ records: 120 });
  const { status, body } = await ask("POST", "/v1/replays", { actor, plan, reason: "mended", perSecond: 60 });
  expect(status).toBe(202);
  await world.until(() => world.count("flights.gate.replay") > 0);
  expect((await ask("POST", `/v1/replays/${body.run}/pause`, { actor })).body.state).toBe("paused");
  const stream = await fetch(`${monitor.url}/v1/replays/${body.run}/events`);
  expect(stream.headers.get("content-type")).toBe("text/event-stream");
  expect((await ask("POST", `/v1/replays/${body.run}/resume`, { actor })).body.state).toBe("running");
  const events = (await stream.text()).trim().split("\n\n").map((event) => JSON.parse(event.slice(event.indexOf("data: ") + 6))); // prettier-ignore
  expect(events[0].state).toBe("paused");
  expect(events[events.length - 1]).toMatchObject({ state: "finished", done: 120 });
  expect((await ask("GET", "/v1/replays")).body).toMatchObject([{ run: body.run, state: "finished" }]);
  expect((await ask("GET", "/v1/replays/none")).status).toBe(404);
});

test("a group that is said to be fixed shows again when it comes back", async () => {
  const [group] = (await ask("GET", "/v1/dead-letters/groups")).body;
  expect((await ask("POST", `/v1/dead-letters/groups/${group.fingerprint}/fixed`, { actor, version: "producer 1.2" })).status).toBe(200);
  expect((await ask("GET", "/v1/dead-letters/groups")).body[0]).toMatchObject({ state: "fixed", fixedIn: { version: "producer 1.2" } });
  const before = world.count("flights.dlq");
  await world.produce(linesOf("corrupt/2013-02-05-distance-as-text.ndjson.gz").slice(-1));
  await world.until(() => world.count("flights.dlq") === before + 1);
  expect((await ask("GET", "/v1/dead-letters/groups")).body[0].state).toBe("reopened");
});

test("every route is in the document", async () => {
  const { body } = await ask("GET", "/v1/openapi.json");
  expect(body.openapi).toBe("3.1.0");
  expect(Object.keys(body.paths)).toContain("/v1/replays/{run}/events");
  for (const [path, methods] of Object.entries<object>(body.paths)) for (const method of Object.keys(methods)) {
    const { status } = await ask(method.toUpperCase(), path.replace(/\{\w+\}/g, "0"), method === "post" ? {} : undefined);
    expect([path, method, status === 405 || status === 500]).toEqual([path, method, false]);
  } // prettier-ignore
});
