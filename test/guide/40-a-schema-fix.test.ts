// A producer began to send distances as text. Half a day of flights is in the dead letters: this is how they come back.
import { readDeadLetter, readReplayMarks } from "@weir/deadletter";
import { headerText } from "@weir/record";
import { readAudit } from "@weir/service";
import { afterAll, beforeAll, expect, test } from "vitest";
import { linesOf, startWorld, type World } from "./flights-world.ts";

const BRANCHES = ["flights.route.auto", "flights.route.review", "flights.route.manual"] as const;
const decoder = new TextDecoder();
let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

test("536 of the day's 896 flights are dead letters, with the bytes that came", async () => {
  await world.produce(linesOf("corrupt/2013-02-05-distance-as-text.ndjson.gz"));
  await world.until(() => world.count(...BRANCHES, "flights.gate.quarantine", "flights.dlq") === 896);
  expect([world.count("flights.dlq"), world.count("flights.gate.quarantine"), world.count(...BRANCHES)]).toEqual([536, 4, 356]);
});

test("sending them again as they are is refused, with the reason: nothing that failed them has changed", async () => {
  const plan = await world.plan({});
  expect(plan.records).toBe(0);
  const contract = world.loaded.contract.digest?.slice(0, 8);
  expect(plan.leftOut).toEqual({ [`would fail again, nothing has changed: the contract is still ${contract}`]: 536 });
});

test("a plan with an edit says for every record whether it would pass now", async () => {
  const plan = await world.plan({ edit: { map: { "/distance": "double(record.distance)" } } });
  expect(plan).toMatchObject({
    records: 536,
    targets: { "flights.gate.replay": 536 },
    leftOut: {},
    judgedAsWindow: { gate: ["dep-delay-nulls"] },
  });
  const { pass, fail } = plan.wouldPass;
  expect(pass + fail).toBe(536);
  expect(plan.first).toHaveLength(20);
  expect(plan.first[0]).toMatchObject({
    class: "CONTRACT",
    stage: "gate",
    target: "flights.gate.replay",
    count: 1,
    now: { answer: "pass" },
  });
});

test("executed, each passes the gate, the model and the router once; the gate judges the run as a window of its own", async () => {
  const plan = await world.plan({ edit: { map: { "/distance": "double(record.distance)" } } });
  const status = await world.run(plan);
  expect(status).toMatchObject({ state: "finished", done: 536 });
  const { replayed, skipped, "failed-again": again } = status.outcomes;
  expect([replayed + skipped + again, again]).toEqual([536, 0]);
  expect([replayed, skipped]).toEqual([plan.wouldPass.pass, plan.wouldPass.fail]);
  expect(world.count(...BRANCHES)).toBe(356 + replayed);
  const verdicts = world.records("flights.verdicts").map((r) => JSON.parse(decoder.decode(r.value ?? undefined))).filter((v) => v.window.kind === "batch"); // prettier-ignore
  expect(new Set(verdicts.map((v) => `${v.window.id} ${v.verdict}`))).toEqual(new Set([`${status.run} pass`]));
  expect(verdicts.reduce((n, v) => n + v.n, 0)).toBe(replayed); // one verdict a partition
});

test("only the distance was changed, and the record says where it has been", () => {
  const letters = new Map(world.records("flights.dlq").map((r) => [headerText(r.headers, "weir.id"), r]));
  const back = BRANCHES.flatMap((topic) => world.records(topic)).filter((r) => readReplayMarks(r.headers) !== null);
  for (const record of back) {
    const letter = letters.get(headerText(record.headers, "weir.id"));
    const before = decoder.decode(letter?.value ?? undefined).replace(/"distance":"(\d+)"/, '"distance":$1');
    expect(decoder.decode(record.value ?? undefined).startsWith(before.slice(0, -1))).toBe(true);
    expect(record.key).toEqual(letter?.key);
    expect(headerText(record.headers, "weir.dlq.origin")).toBe(headerText(letter?.headers ?? [], "weir.dlq.origin"));
    expect(readReplayMarks(record.headers)).toMatchObject({ count: 1, parent: expect.stringMatching(/^flights\.dlq\/\d\/\d+$/), edited: expect.stringMatching(/^[0-9a-f]{16}\.\.[0-9a-f]{16}$/) }); // prettier-ignore
    expect(readDeadLetter(record)).toBeNull();
  }
});

test("a second plan finds nothing left, the same plan is the same run, and the audit says who and why", async () => {
  const edit = { map: { "/distance": "double(record.distance)" } };
  const second = await world.plan({ edit });
  const skipped = 536 - (world.count(...BRANCHES) - 356);
  expect([second.records, second.leftOut["replayed before"]]).toEqual([skipped, 536 - skipped]);
  const entries = [];
  for await (const entry of readAudit(world.log)) entries.push(entry);
  expect(entries.map((e) => [e.action, e.actor, e.reason])).toEqual([
    ["replay.started", "user:reader", "the guide says so"],
    ["replay.finished", "user:reader", "the guide says so"],
  ]);
});
