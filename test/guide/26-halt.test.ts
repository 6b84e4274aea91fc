// Quarantine keeps one bad day back; the next one is judged anew. Some days say more: that the source has gone bad, and that nothing should go
// on before somebody has looked. A rule with `action: halt` quarantines its day and stops the gate there: what stands behind the verdict in
// the log waits, over restarts and hand-overs, until a person lets it go on with `weir resume`. `action: pause` is the same with an end of
// its own, after `for`. When it goes on changes nothing of what is decided: that is a function of the log alone.
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { writeResumeNote } from "@weir/stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { text } from "./flights.ts";
import { FLIGHTS, linesOf, startWorld, type World } from "./flights-world.ts";

const BRANCHES = ["flights.route.auto", "flights.route.review", "flights.route.manual"] as const;
const QUARANTINE = "flights.gate.quarantine";
const ALERTS = "weir.alerts";
const bad = linesOf("corrupt/2013-02-07-dep_delay-null-spike.ndjson.gz");
const next = linesOf("sample.ndjson.gz").filter((line) => line.includes('"id":"2013-02-10-'));
let world: World;

interface Alert {
  readonly state: string;
  readonly topic: string;
  readonly partition: number;
  readonly rule: string;
  readonly owner: string;
  readonly verdict: string;
  readonly since: number;
  readonly by?: string;
}
const alerts = (): Alert[] => world.records(ALERTS).map(({ value }): Alert => JSON.parse(text(value)));

beforeAll(async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "weir-guide-"));
  cpSync(FLIGHTS, folder, { recursive: true });
  const file = path.join(folder, "pipeline.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace("max: 5%, action: quarantineWindow", "max: 5%, action: halt"));
  world = await startWorld(folder);
});
afterAll(() => world[Symbol.asyncDispose]());

test("the bad day is quarantined, and the good one behind it waits", async () => {
  expect(next.length).toBeGreaterThan(500);
  await world.produce([...bad, ...next]);
  await world.until(() => world.count(QUARANTINE) === bad.length);
  expect(world.count(...BRANCHES)).toBe(0);
});

test("the owner is told which rule stopped the gate, where, and because of which verdict", async () => {
  await world.until(() => alerts().length === 3); // the airports have a partition each
  for (const alert of alerts())
    expect(alert).toMatchObject({
      ...{ state: "firing", rule: "dep-delay-nulls", owner: "group:flight-ops", topic: "flights.ingest.out" },
      verdict: "gate/time/2013-02-07T05:00Z",
    });
});

test("somebody has looked and resumes it: every record of the good day goes on, once", async () => {
  expect(world.count(...BRANCHES)).toBe(0);
  await using producer = await world.log.producer({ transactionalId: "a-person" });
  const transaction = producer.begin();
  // What `weir resume gate --reason …` writes, beside its entry of the audit log.
  for (const { topic, partition, verdict, since } of alerts())
    writeResumeNote(transaction, "flights.control", { topic, partition }, { verdict, since, by: "user:reader" });
  await transaction.commit(null);
  const ends = [...BRANCHES, QUARANTINE];
  await world.until(() => world.count(...ends) === bad.length + next.length);
  await world.until(() => alerts().length === 6);
  expect(alerts().slice(3).map(({ state, by }) => [state, by])).toEqual(Array.from({ length: 3 }, () => ["resolved", "user:reader"])); // prettier-ignore
});
