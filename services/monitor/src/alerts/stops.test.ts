import { expect, it } from "vitest";
import { createStopsView } from "./stops.ts";

const told = (changes: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({
    ...{ v: 1, kind: "alert", alertname: "StageStopped", state: "firing", pipeline: "p", stage: "gate", topic: "in", partition: 0 },
    ...{ action: "halt", rule: "r", owner: "user:a", verdict: "v", next: 8, since: 5, until: null },
    ...changes,
  });

it("stopped is what owners were told of and not that it goes on, of one pipeline", () => {
  const view = createStopsView("p");
  const apply = (...texts: readonly string[]): void => texts.forEach((text) => view.apply(text));
  apply(told({}), told({ partition: 1, since: 3 }), told({ pipeline: "q", partition: 2 }), told({ alertname: "BreakerOpen" }), "{", "null");
  expect(view.list().map((s) => [s.partition, s.since])).toEqual([
    [1, 3],
    [0, 5],
  ]);
  apply(told({ partition: 1, state: "resolved", by: "user:a" }));
  expect(view.list()).toEqual([
    { stage: "gate", topic: "in", partition: 0, action: "halt", rule: "r", owner: "user:a", verdict: "v", next: 8, since: 5, until: null },
  ]);
});
