// A producer began to send distances in kilometres. Every flight keeps its contract, so no rule of single records can see it.
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { headerText } from "@weir/record";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FLIGHTS, linesOf, startWorld, type World } from "./flights-world.ts";

const BRANCHES = ["flights.route.auto", "flights.route.review", "flights.route.manual"] as const;
const QUARANTINE = "flights.gate.quarantine";
const decoder = new TextDecoder();
const day = linesOf("corrupt/2013-02-06-distance-in-km.ndjson.gz");
const MILES = { map: { "/distance": "int(double(record.distance) / 1.609344 + 0.5)" } };
const sample = linesOf("sample.ndjson.gz").filter((line) => line.includes('"id":"2013-02-06-'));
let world: World;

/** The flights pipeline, in which a day whose distances are not January's is stopped instead of told of. */
function enforcing(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "weir-kilometres-"));
  cpSync(FLIGHTS, folder, { recursive: true });
  const file = path.join(folder, "pipeline.yaml");
  const observed = "field: /distance, baseline: baselines/january-2013.json, mode: observe";
  writeFileSync(file, readFileSync(file, "utf8").replace(observed, observed.replace("mode: observe", "action: quarantineWindow")));
  return folder;
}

beforeAll(async () => {
  world = await startWorld(enforcing());
});
afterAll(() => world[Symbol.asyncDispose]());

test("the day is stopped as a whole, because its distances are spread otherwise than in January", async () => {
  await world.produce(day);
  await world.until(() => world.count(QUARANTINE) === day.length);
  expect(world.count(...BRANCHES, "flights.dlq")).toBe(0);
  const [verdict] = world.records("flights.verdicts").map((r) => JSON.parse(decoder.decode(r.value ?? undefined)));
  expect(verdict.rules.find((rule: { id: string }) => rule.id === "distance-js")).toMatchObject({
    verdict: "breach",
    drift: { method: "js" },
    rescaled: { factor: 1.60934, as: "miles to kilometres" }, // a hint for whoever looks: nothing acts on it
  });
});

test("sent again through the gate it would be judged as a window of its own, of which nobody can say more before", async () => {
  const plan = await world.plan({ topic: QUARANTINE, edit: MILES });
  expect(plan).toMatchObject({ records: day.length, judgedAsWindow: { gate: ["dep-delay-nulls", "distance-js"] } });
  expect(plan.wouldPass["not-known"]).toBeGreaterThan(800);
});

test("released in miles, every flight with a departure delay is scored", async () => {
  const plan = await world.plan({ does: "release", topic: QUARANTINE, edit: MILES });
  expect(plan).toMatchObject({ records: day.length, targets: { "flights.score.replay": day.length }, judgedAsWindow: {} });
  const status = await world.run(plan, { reason: "the feed had changed to kilometres" });
  expect(status).toMatchObject({ state: "finished", done: day.length, outcomes: { replayed: plan.wouldPass.pass } });
  expect(world.count(...BRANCHES)).toBe(plan.wouldPass.pass);
});

test("the distances are those that the airlines had published", () => {
  const published = new Map(sample.map((line) => [JSON.parse(line).id, JSON.parse(line).distance]));
  const back = BRANCHES.flatMap((topic) => world.records(topic));
  expect(back.length).toBeGreaterThan(800);
  for (const record of back) {
    const { id, distance } = JSON.parse(decoder.decode(record.value ?? undefined));
    expect([id, distance]).toEqual([headerText(record.headers, "weir.id"), published.get(id)]);
  }
});
