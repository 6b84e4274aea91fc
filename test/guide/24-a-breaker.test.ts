import { buildStage } from "@weir/gate";
import type { StageSpec } from "@weir/pipeline";
import { createMetrics, type BuiltStage, type LoadedPipeline } from "@weir/service";
import type { Decided } from "@weir/stream";
import { expect, test } from "vitest";
import { batchOfValues, flight, flights, inputOf, toldBy } from "./flights.ts";

// Who cannot wait a day for the verdict on a day does not hold its records. With `breaker` they flow while the window is open: what is bad in
// the first window has gone on when it is found. The verdict names it (its taint), and what comes afterwards is diverted to the quarantine,
// until as many windows in a row as `closeAfter` says have broken nothing. They are judged while they are diverted: nothing that has not been
// judged goes on as a trial.

const GATE = inputOf("gate");

function* flowing(): Iterable<[string, StageSpec]> {
  for (const [id, spec] of flights.pipeline.stages) {
    if (spec.type !== "gate" || spec.window?.kind !== "time") yield [id, spec];
    else yield [id, { ...spec, window: { ...spec.window, scope: "partition", hold: false, breaker: { closeAfter: 2 } } }];
  }
}
const pipeline: LoadedPipeline = { ...flights, pipeline: { ...flights.pipeline, stages: new Map(flowing()) } };

async function gate(): Promise<BuiltStage> {
  const built = await buildStage(pipeline, "gate", { followers: [], meter: createMetrics() });
  built.stage.assign({ topic: GATE, partition: 0 }, 0, new Map());
  return built;
}

/** 60 flights of a February day; `cancelled` of them never left. */
const dayOf = (day: number, cancelled: number): readonly string[] =>
  Array.from({ length: 60 }, (_, i) => {
    const date = `2013-02-${String(day).padStart(2, "0")}`;
    return flight({ id: `${date}-EWR-UA-${i}`, day, event_time: `${date}T12:00:00Z`, dep_delay: i < cancelled ? null : 3 });
  });

interface Told {
  readonly verdict: string;
  readonly quarantined: boolean;
  readonly breaker?: string;
  readonly taint?: readonly unknown[];
}
const verdictsIn = (decided: readonly Decided[]): Told[] =>
  decided.flatMap((d) => d.verdicts ?? []).map(({ value }): Told => JSON.parse(value ?? ""));

test("records flow while their day is open; a day that breaks a rule diverts those after it", async () => {
  const { stage, close } = await gate();
  const first = await stage.process([batchOfValues(GATE, dayOf(1, 30))]);
  expect(toldBy(stage, first).filter(({ port }) => port === "pass")).toHaveLength(30); // nothing waits for the day

  const second = await stage.process([batchOfValues(GATE, dayOf(2, 0), 60)]);
  expect(verdictsIn(second)).toMatchObject([
    { verdict: "breach", quarantined: false, breaker: "tripped", taint: [{ partition: 0, first: 30, last: 59, count: 30 }] },
  ]);
  const diverted = toldBy(stage, second);
  expect(new Set(diverted.map(({ port }) => port))).toEqual(new Set(["quarantine"]));
  expect(diverted[0]?.failure).toMatch(/^WINDOW: diverted: window gate\/time\/2013-02-01T05:00Z: dep-delay-nulls: 30 of 60/);
  await close();
});

test("two good days in a row close it, and the third flows again", async () => {
  const { stage, close } = await gate();
  const days = [dayOf(1, 30), dayOf(2, 0), dayOf(3, 0), dayOf(4, 0), dayOf(5, 0)];
  const decided: Decided[] = [];
  for (const [i, day] of days.entries()) decided.push(...(await stage.process([batchOfValues(GATE, day, 60 * i)])));
  expect(verdictsIn(decided).map(({ verdict, quarantined, breaker }) => [verdict, quarantined, breaker])).toEqual([
    ["breach", false, "tripped"],
    ["pass", true, "halfOpen"],
    ["pass", true, "closed"],
    ["pass", false, undefined],
  ]);
  const passed = toldBy(stage, decided).filter(({ port }) => port === "pass");
  expect([...new Set(passed.map(({ value }) => /"id": ?"(2013-02-..)/.exec(value)?.[1]))]).toEqual([
    "2013-02-01",
    "2013-02-04",
    "2013-02-05",
  ]);
  await close();
});
