import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { loadPipeline } from "@weir/service";
import type { Execution } from "@weir/stream";
import { pipelineStatus } from "./status.ts";
import { parseVerdict } from "./verdicts.ts";
import { createCountsView } from "./view.ts";

const { pipeline, topology } = loadPipeline(fileURLToPath(new URL("../../../../deploy/pipelines/flights", import.meta.url)), {});

function execution(stage: string, count: number, ports: Record<string, number>, held = 0, second = 0): Execution {
  const range = { topic: "t", partition: 0, first: 0, last: count - 1, count };
  const at = `2026-01-01T00:00:0${second}.000Z`;
  return {
    v: 1,
    id: `${stage}-${count}`,
    stage,
    slot: "s",
    spec: "5bec",
    startedAt: at,
    preparedAt: at,
    in: [range],
    ports,
    held,
    classes: {},
    ms: { fetch: 0, process: 0, previousCommit: 0 },
  };
}

test("what a stage sent and the next has not decided is in flight, and only an even sum is balanced", () => {
  const view = createCountsView();
  const status = () => pipelineStatus(pipeline, topology, view);
  view.apply(execution("gate", 10, { pass: 7, quarantine: 3 }));
  view.apply(execution("score", 5, { out: 5 }));
  view.apply(execution("route", 5, { auto: 5 }));
  expect(status().stages.map((s) => [s.id, s.in, s.inFlight])).toEqual([
    ["gate", 10, 0],
    ["score", 5, 2],
    ["route", 5, 0],
  ]);
  expect(status().balanced).toBe(false);
  view.apply(execution("score", 2, { out: 2 }));
  view.apply(execution("route", 2, { manual: 1, dlq: 1 }));
  expect(status().balanced).toBe(true);
  expect(status().stages[2]?.ports).toEqual({ auto: 5, manual: 1, dlq: 1 });
});

test("what is held is what the newest execution of a slot says, in whatever order the log's partitions are read", () => {
  const view = createCountsView();
  view.apply(execution("gate", 2, { pass: 2 }, 0, 3));
  view.apply(execution("gate", 5, { pass: 5 }, 700, 1));
  expect(view.stage("gate").held).toBe(0);
  view.apply(execution("gate", 1, { pass: 1 }, 4, 4));
  expect(view.stage("gate").held).toBe(4);
});

test("a stage that lost a record is not balanced", () => {
  const view = createCountsView();
  view.apply(execution("gate", 10, { quarantine: 9 }));
  expect(pipelineStatus(pipeline, topology, view).balanced).toBe(false);
});

test("what cannot be read as a verdict is none", () => {
  expect(parseVerdict("{")).toBeNull();
  expect(parseVerdict('{"id":1}')).toBeNull();
  expect(
    parseVerdict(
      '{"id":"w","stage":"gate","n":4,"verdict":"breach","quarantined":true,"rules":[{"id":"r","kind":"nullRate","verdict":"breach","k":3,"n":4},{"id":"d","kind":"drift","mode":"observe","verdict":"breach","n":4,"drift":{"effect":0.5}}]}',
    ),
  ).toEqual({
    id: "w",
    stage: "gate",
    records: 4,
    nulls: 3,
    verdict: "breach",
    quarantined: true,
    broken: [
      { rule: "r", mode: "enforce", k: 3, n: 4, effect: null },
      { rule: "d", mode: "observe", k: null, n: 4, effect: 0.5 },
    ],
  });
});

test("at least once, what a stage took in twice without the one before telling of it is no imbalance; what is under way is", () => {
  const view = createCountsView();
  const of = (guarantee: "exactly-once" | "at-least-once") =>
    pipelineStatus({ ...pipeline, delivery: { ...pipeline.delivery, guarantee } }, topology, view);
  view.apply(execution("gate", 10, { pass: 10 }));
  view.apply(execution("score", 12, { out: 12 }));
  expect(of("at-least-once")).toMatchObject({ guarantee: "at-least-once", balanced: false });
  view.apply(execution("route", 12, { auto: 12 }));
  expect(of("at-least-once").stages.map((s) => s.inFlight)).toEqual([0, -2, 0]);
  expect([of("at-least-once").balanced, of("exactly-once").balanced]).toEqual([true, false]);
});
