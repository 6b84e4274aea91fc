import { buildStage } from "@weir/gate";
import type { StageSpec } from "@weir/pipeline";
import type { WindowSpec } from "@weir/rules";
import { createMetrics, type LoadedPipeline } from "@weir/service";
import type { Decided } from "@weir/stream";
import { expect, test } from "vitest";
import { batchOfValues, flight, flights, inputOf, toldBy } from "./flights.ts";

// A day is a long time to hold records, and an hour of flights is too little to judge. A sliding window is both short and long: with
// `every: 1h` and `over: 6h` there is a verdict whenever an hour (a pane) is over, and it looks back on six of them. Held records wait for
// their own hour alone. When the six hours break a rule, the newest one is quarantined: the others have gone on, and the verdict says which
// of their records (its taint).

const GATE = inputOf("gate");
const HOUR = 3_600_000;
const WINDOW: WindowSpec = { kind: "sliding", every: HOUR, over: 6 * HOUR, lateness: 0, late: "quarantine", hold: true, minRecords: 20 };

function* sliding(): Iterable<[string, StageSpec]> {
  for (const [id, spec] of flights.pipeline.stages) yield [id, spec.type === "gate" ? { ...spec, window: WINDOW } : spec];
}
const pipeline: LoadedPipeline = { ...flights, pipeline: { ...flights.pipeline, stages: new Map(sliding()) } };

/** Ten flights of an hour of 1 February; `cancelled` of them never left. */
const hourOf = (hour: number, cancelled: number): readonly string[] =>
  Array.from({ length: 10 }, (_, i) =>
    flight({ id: `2013-02-01-EWR-UA-${10 * hour + i}`, event_time: `2013-02-01T${hour}:30:00Z`, dep_delay: i < cancelled ? null : 3 }),
  );

interface Told {
  readonly verdict: string;
  readonly n: number;
  readonly quarantined: boolean;
  readonly window: { readonly panes: number };
  readonly taint?: unknown;
}

test("every hour is let go or quarantined by a verdict over the last six", async () => {
  const { stage, close } = await buildStage(pipeline, "gate", { followers: [], meter: createMetrics() });
  stage.assign({ topic: GATE, partition: 0 }, 0, new Map());
  // At most 5 % of delays may be missing. Three flights of the fourth hour were cancelled.
  const hours = [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20].map((hour) => hourOf(hour, hour === 13 ? 3 : 0));
  const decided: Decided[] = [];
  for (const [i, hour] of hours.entries()) decided.push(...(await stage.process([batchOfValues(GATE, hour, 10 * i)])));

  const told = decided.flatMap((d) => d.verdicts ?? []).map(({ value }): Told => JSON.parse(value ?? ""));
  expect(told.map(({ window, n, verdict, quarantined }) => [window.panes, n, verdict, quarantined])).toEqual([
    [1, 10, "insufficient", false], // of the window, not of the pane, at least minRecords are asked
    [2, 20, "pass", false],
    [3, 30, "pass", false],
    [4, 40, "breach", true], // 3 of 40 are more than 5 %
    [5, 50, "breach", true],
    [6, 60, "pass", false], // 3 of 60 are not
    [6, 60, "pass", false],
    [6, 60, "pass", false],
    [6, 60, "pass", false],
    [6, 60, "pass", false],
  ]);
  expect(told[3]?.taint).toEqual([{ partition: 0, first: 0, last: 29, count: 30 }]);

  const ports = new Map(toldBy(stage, decided).map(({ offset, port }) => [offset, port]));
  expect([29, 30, 39, 40, 49, 50].map((offset) => ports.get(offset))).toEqual([
    "pass",
    ...["quarantine", "quarantine", "quarantine", "quarantine"],
    "pass",
  ]);
  await close();
});
