import { expect, test } from "vitest";
import { binConfidences } from "./telemetry.ts";

test("confidences are counted by twentieths, a bound into its own, and NaN not at all", () => {
  const bounds = Array.from({ length: 20 }, (_, i) => (i + 1) / 20);
  const { counts, sum } = binConfidences(Float64Array.from([...bounds, NaN]));
  expect([...counts]).toEqual([...bounds.map(() => 1), 0]);
  expect(sum).toBeCloseTo(10.5, 12);
  expect([...binConfidences(Float64Array.from([0, 0.0500001, 0.9999, 1.5])).counts]).toEqual([
    1,
    1,
    ...Array.from({ length: 17 }, () => 0),
    1,
    1,
  ]);
});
