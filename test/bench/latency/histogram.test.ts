import { expect, it } from "vitest";
import { createHistogram } from "./histogram.ts";

it("gives percentiles within half a percent and the largest value exactly", () => {
  const histogram = createHistogram();
  const values = Array.from({ length: 20_000 }, (_, i) => (i * 7919) % 20_000).map((i) => (i + 1) / 10); // 0.1 to 2000, in no order
  for (const ms of values) histogram.add(ms);
  const { p50, p90, p99, p999, max } = histogram.percentiles();
  for (const [found, wanted] of [
    [p50, 1000],
    [p90, 1800],
    [p99, 1980],
    [p999, 1998],
  ] as const)
    expect(Math.abs(found / wanted - 1)).toBeLessThan(0.0051);
  expect(max).toBe(2000);
});

it("says of one slow record in a thousand what it was, not what the others were", () => {
  const histogram = createHistogram();
  for (let i = 0; i < 1000; i++) histogram.add(i < 998 ? 10 : 3000);
  const { p99, p999 } = histogram.percentiles();
  expect(p99).toBeLessThan(10.1);
  expect(p999).toBeGreaterThan(2900);
});

it("knows nothing of nothing", () => {
  expect(createHistogram().percentiles()).toEqual({ p50: NaN, p90: NaN, p99: NaN, p999: NaN, max: NaN });
});
