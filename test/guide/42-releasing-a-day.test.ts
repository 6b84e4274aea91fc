// A day was quarantined because too many departures were missing. Its owner knows that it was a strike, and lets it go on.
import { headerText } from "@weir/record";
import { afterAll, beforeAll, expect, test } from "vitest";
import { linesOf, startWorld, type World } from "./flights-world.ts";

const BRANCHES = ["flights.route.auto", "flights.route.review", "flights.route.manual"] as const;
const QUARANTINE = "flights.gate.quarantine";
const WINDOW = "gate/time/2013-02-07T05:00Z";
const day = linesOf("corrupt/2013-02-07-dep_delay-null-spike.ndjson.gz");
let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

test("the whole day is held back", async () => {
  await world.produce(day);
  await world.until(() => world.count(QUARANTINE) === day.length);
  expect(world.count(...BRANCHES)).toBe(0);
});

test("a release of chosen flights enters behind the gate, and says which of them the model does not take", async () => {
  const selection = { window: [WINDOW], filter: 'record.carrier == "UA"' };
  const plan = await world.plan({ does: "release", topic: QUARANTINE, selection });
  const united = day.filter((line) => line.includes('"carrier":"UA"')).length;
  expect(plan).toMatchObject({ does: "release", records: united, targets: { "flights.score.replay": united }, judgedAsWindow: {} });
  expect(plan.wouldPass.pass + plan.wouldPass.fail).toBe(united);
  const status = await world.run(plan, { reason: "a strike, not a fault" });
  expect(status).toMatchObject({ state: "finished", outcomes: { replayed: plan.wouldPass.pass, "failed-again": plan.wouldPass.fail } });
  expect(world.count(...BRANCHES)).toBe(plan.wouldPass.pass);
});

test("the rest of the window follows; what was released before is not released again", async () => {
  const plan = await world.plan({ does: "release", topic: QUARANTINE, selection: { window: [WINDOW] } });
  await world.run(plan);
  const ids = BRANCHES.flatMap((topic) => world.records(topic)).map((r) => headerText(r.headers, "weir.id"));
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length + world.count("flights.dlq")).toBe(day.length);
  expect(world.records("flights.route.auto").every((r) => headerText(r.headers, "weir.window") === WINDOW)).toBe(true);
});
