import { expect, test } from "vitest";
import { batchOfValues, flight, inputOf, stageOfFlights, toldBy } from "./flights.ts";

// Other rules judge a window: a day of flights of which too many were cancelled is no day to predict. Until the day is over
// nobody knows; so the gate holds its records, and the log is its memory: the committed offset stays before them.

const GATE = inputOf("gate");
const LANE = { topic: GATE, partition: 0 };
const dayOf = (day: number, count: number, cancelled: number): readonly string[] =>
  Array.from({ length: count }, (_, i) =>
    flight({
      id: `2013-02-${String(day).padStart(2, "0")}-EWR-UA-${i}`,
      day,
      event_time: `2013-02-${String(day).padStart(2, "0")}T12:00:00Z`,
      dep_delay: i < cancelled ? null : 3,
    }),
  );

test("a window is held until the first record of a later one; then all of it passes", async () => {
  const { stage, close } = await stageOfFlights("gate");
  const held = await stage.process([batchOfValues(GATE, dayOf(1, 60, 0))]);
  expect([toldBy(stage, held).length, stage.position(LANE)]).toEqual([0, 0]);
  const judged = await stage.process([batchOfValues(GATE, dayOf(2, 1, 0), 60)]);
  const told = toldBy(stage, judged);
  expect([told.length, new Set(told.map(({ port }) => port)), stage.position(LANE)]).toEqual([60, new Set(["pass"]), 60]);
  expect(told[0]?.header("weir.window")).toContain("gate/time/2013-02-01");
  await close();
});

test("a window that breaks its rule is quarantined as a whole, with the verdict that condemned it", async () => {
  const { stage, close } = await stageOfFlights("gate");
  await stage.process([batchOfValues(GATE, dayOf(1, 60, 30))]);
  const judged = await stage.process([batchOfValues(GATE, dayOf(2, 1, 0), 60)]);
  expect(new Set(toldBy(stage, judged).map(({ port }) => port))).toEqual(new Set(["quarantine"]));
  const verdicts = judged.flatMap((decision) => decision.verdicts ?? []).map(({ value }) => String(value));
  expect(verdicts.join("\n")).toContain("dep-delay-nulls");
  await close();
});

test("fewer records than minRecords are no evidence: insufficient is an answer, not a silent pass", async () => {
  const { stage, close } = await stageOfFlights("gate");
  await stage.process([batchOfValues(GATE, dayOf(1, 5, 3))]);
  const judged = await stage.process([batchOfValues(GATE, dayOf(2, 1, 0), 5)]);
  const verdicts = judged.flatMap((decision) => decision.verdicts ?? []).map(({ value }) => String(value));
  expect(verdicts.join("\n")).toContain("insufficient");
  await close();
});
