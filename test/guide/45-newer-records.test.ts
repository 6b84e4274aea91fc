// An airport's producer was mended in the evening, so newer flights of it went through. A replay of its older ones would be a step back.
import { afterAll, beforeAll, expect, test } from "vitest";
import { linesOf, startWorld, type World } from "./flights-world.ts";

const BRANCHES = ["flights.route.auto", "flights.route.review", "flights.route.manual"] as const;
const MENDED = "JFK";
const EVENING = "2013-02-05T23:00:00Z";
const edit = { map: { "/distance": "double(record.distance)" } };
const ifNewer = { version: "/event_time" };
const decoder = new TextDecoder();
let world: World;

interface Flight {
  readonly origin: string;
  readonly event_time: string;
}
const flightOf = (value: Uint8Array | null): Flight => JSON.parse(decoder.decode(value ?? undefined)) as Flight;

/** The day on which distances came as text, but for the evening's flights of one airport. */
const day = linesOf("corrupt/2013-02-05-distance-as-text.ndjson.gz").map((line) => {
  const { origin, event_time: at } = JSON.parse(line) as Flight;
  return origin === MENDED && at >= EVENING ? line.replace(/"distance":"(\d+)"/, '"distance":$1') : line;
});

beforeAll(async () => {
  world = await startWorld();
  await world.produce(day);
  await world.until(() => world.count(...BRANCHES, "flights.gate.quarantine", "flights.dlq") === day.length);
});
afterAll(() => world[Symbol.asyncDispose]());

/** Dead letters of which a newer flight of the same key has reached an end. */
function overtaken(): number {
  const newest = new Map<string, string>();
  for (const record of BRANCHES.flatMap((topic) => world.records(topic))) {
    const { origin, event_time: at } = flightOf(record.value);
    if (at > (newest.get(origin) ?? "")) newest.set(origin, at);
  }
  return world.records("flights.dlq").filter(({ value }) => {
    const { origin, event_time: at } = flightOf(value);
    return at < (newest.get(origin) ?? "");
  }).length;
}

test("told to fail, the run stops at the first that was overtaken and says by what", async () => {
  const status = await world.run(await world.plan({ edit, selection: { filter: `record.origin == "${MENDED}"` }, ifNewer: { then: "fail", ...ifNewer } })); // prettier-ignore
  expect(status).toMatchObject({ state: "aborted", outcomes: { replayed: 0 } });
});

test("told to skip, it leaves out what was overtaken, and sends the rest", async () => {
  const letters = world.count("flights.dlq");
  const older = overtaken();
  expect(older).toBeGreaterThan(50);
  expect(older).toBeLessThan(letters - 50);
  const plan = await world.plan({ edit, onlyPassing: true, again: true, ifNewer: { then: "skip", ...ifNewer } });
  const status = await world.run(plan);
  expect(status).toMatchObject({ state: "finished", done: plan.records });
  expect(status.outcomes.skipped).toBeGreaterThanOrEqual(older - (letters - plan.records));
  expect(status.outcomes.replayed + status.outcomes.skipped).toBe(plan.records);
  const back = world.records("flights.gate.replay").map(({ value }) => flightOf(value));
  expect(back).toHaveLength(status.outcomes.replayed);
  expect(back.filter(({ origin }) => origin === MENDED)).toEqual([]);
  expect(new Set(back.map(({ origin }) => origin))).toEqual(new Set(["EWR", "LGA"]));
});
