import { expect, test } from "vitest";
import { conditionsOf } from "./conditions.ts";

test.each([
  ["true", []],
  [
    "prediction.confidence >= 0.6 && 5 > record.n",
    [
      { path: "prediction.confidence", comparison: ">=", value: 0.6 },
      { path: "record.n", comparison: "<", value: 5 },
    ],
  ],
  [
    "record.carrier == 'UA' && record['n'] in [1, 2.5]",
    [
      { path: "record.carrier", comparison: "in", values: ["UA"] },
      { path: "record.n", comparison: "in", values: [1, 2.5] },
    ],
  ],
  ["prediction.confidence > ctx.low", [{ path: "prediction.confidence", comparison: ">", value: 0.25 }]],
  ["record.a > 1 || record.b > 2", null],
  ["record.a != 1", null],
  ["record.a > record.b", null],
  ["record.a == null", null],
  ["record.a + 1 > 2", null],
  ["record.a >", null],
  ["record.a in ctx.none", null],
])("the conditions of %s", (source, expected) => {
  expect(conditionsOf(source, { low: 0.25 })).toEqual(expected);
});
