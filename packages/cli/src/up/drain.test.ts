import type { PipelineStatus } from "@weir/monitor";
import type { Guarantee } from "@weir/stream";
import { expect, test } from "vitest";
import { isDrained } from "./drain.ts";

const PRODUCED = 10;

function statusOf(guarantee: Guarantee, entered: number): PipelineStatus {
  const counts = {
    ports: { out: entered },
    inByTopic: {},
    copies: 0,
    held: 0,
    classes: {},
    executions: 1,
    lastAt: null,
    model: null,
    spec: null,
  };
  const stage = { id: "gate", type: "gate", in: entered, ...counts, inFlight: 0, replayed: 0, waiting: 0, wentOn: 0 };
  return { pipeline: "p", guarantee, stages: [stage], balanced: true };
}

test.each([
  ["exactly-once", [false, true, false]],
  ["at-least-once", [false, true, true]],
] as const)("%s, one record too few, as many as were produced, and one too many", (guarantee, expected) => {
  expect([PRODUCED - 1, PRODUCED, PRODUCED + 1].map((entered) => isDrained(statusOf(guarantee, entered), PRODUCED))).toEqual(expected);
});
