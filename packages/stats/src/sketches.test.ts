import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numberCell, quantileCells, quantileOfSorted } from "./cells.ts";
import { distances } from "./distance/distances.ts";
import { addToLogBuckets, emptyLogBuckets, mergeLogBuckets, quantileOfLogBuckets, type LogBuckets } from "./log-buckets.ts";
import { addValue, mergeMoments, NO_MOMENTS, varianceOf, type Moments } from "./moments.ts";

const numbers = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 });

describe("moments", () => {
  const of = (values: readonly number[]): Moments => values.reduce(addValue, NO_MOMENTS);
  it("of two parts are those of the whole", () =>
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const [merged, whole] = [mergeMoments(of(a), of(b)), of([...a, ...b])];
        expect(merged.n).toBe(whole.n);
        expect(merged.mean).toBeCloseTo(whole.mean, 4);
        expect(merged.m2 / whole.n).toBeCloseTo(whole.m2 / whole.n, -1);
      }),
    ));
  it("do not lose a small spread far from zero", () => expect(varianceOf(of([1e9, 1e9 + 1, 1e9 + 2]))).toBeCloseTo(1, 9));
});

describe("logarithmic buckets", () => {
  const options = { accuracy: 0.01, smallest: 1e-6, largest: 1e9 };
  const of = (values: readonly number[]): LogBuckets => {
    const buckets = emptyLogBuckets(options);
    for (const value of values) addToLogBuckets(buckets, value);
    return buckets;
  };
  it("are the same integers in any order and any split", () =>
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const merged = of(b);
        mergeLogBuckets(merged, of(a.toReversed()));
        expect(merged.counts.join()).toBe(of([...a, ...b]).counts.join());
        const alone = of(a);
        mergeLogBuckets(alone, emptyLogBuckets(options));
        expect(alone.counts.join()).toBe(of(a).counts.join());
      }),
    ));
  it("give quantiles of both signs within their accuracy", () =>
    fc.assert(
      fc.property(numbers, fc.constantFrom(0, 0.25, 0.5, 0.9, 1), (values, share) => {
        const sorted = values.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
        const value = quantileOfLogBuckets(of(values), share);
        expect(Math.abs(value - exact)).toBeLessThanOrEqual(Math.abs(exact) * 0.010001 + options.smallest);
      }),
    ));
  it("hold what is out of bounds in their last bucket, and refuse NaN", () => {
    expect(quantileOfLogBuckets(of([1e300, Infinity]), 0.5)).toBeGreaterThan(0.9e9);
    expect(quantileOfLogBuckets(of([]), 0.5)).toBeNaN();
    expect(() => of([NaN])).toThrow("NaN");
  });
});

describe("quantile cells", () => {
  it("give every value one cell, upwards", () =>
    fc.assert(
      fc.property(numbers, numbers, (baseline, values) => {
        const cells = quantileCells(Float64Array.from(baseline).sort());
        const sorted = values.toSorted((a, b) => a - b).map((x) => numberCell(cells, x));
        sorted.forEach((cell, i) => expect(cell).toBeGreaterThanOrEqual(sorted[i - 1] ?? 0));
        expect(sorted.at(-1)!).toBeLessThanOrEqual(cells.edges.length + 2);
        for (const x of baseline) expect([0, cells.edges.length + 2]).not.toContain(numberCell(cells, x));
      }),
    ));
  it("make ties one edge", () => {
    expect(quantileCells([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])).toEqual({ min: 0, max: 1, edges: [0] });
    expect(quantileCells([5, 5, 5])).toEqual({ min: 5, max: 5, edges: [5] });
  });
  it("interpolate as numpy does", () => expect(quantileOfSorted([1, 2, 4, 8], 0.4)).toBeCloseTo(2.4, 12));
});

describe("distances", () => {
  const counts = fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 3, maxLength: 12 }).filter((c) => c.some((x) => x > 0));
  const pair = fc.tuple(counts, counts).map(([a, b]) => {
    const length = Math.min(a.length, b.length);
    return { baseline: a.slice(0, length), window: b.slice(0, length) };
  });
  const placed = (length: number): { positions: number[]; sigma: number } => ({ positions: Array.from({ length }, (_, i) => i), sigma: 1 });

  it.each(Object.values(distances))(
    "$name is 0 of a table and itself, does not care which comes first, and gives p in [0, 1]",
    (distance) =>
      fc.assert(
        fc.property(pair, ({ baseline, window }) => {
          fc.pre(baseline.some((x) => x > 0) && window.some((x) => x > 0));
          const extra = placed(baseline.length);
          const there = distance.measure({ baseline, window, ...extra });
          const back = distance.measure({ baseline: window, window: baseline, ...extra });
          expect(distance.measure({ baseline, window: baseline, ...extra }).effect).toBe(0);
          expect(there.effect).toBeCloseTo(back.effect, 10);
          expect(there.effect).toBeGreaterThanOrEqual(0);
          if (there.p !== null) expect(there.p >= 0 && there.p <= 1).toBe(true);
        }),
      ),
  );
  it.each([distances.js, distances.psi, distances.hellinger, distances.proportion])(
    "$name exceeds its floor exactly when p is below alpha",
    (distance) =>
      fc.assert(
        fc.property(pair, fc.constantFrom(0.05, 0.001), ({ baseline, window }, alpha) => {
          fc.pre(baseline.some((x) => x > 0) && window.some((x) => x > 0));
          const { effect, p, floor } = distance.measure({ baseline, window });
          const bar = floor(alpha);
          fc.pre(bar !== null && Math.abs(effect - bar) > 1e-9);
          expect(effect > bar!).toBe(p! < alpha);
        }),
      ),
  );
  it.each(Object.values(distances))("$name of disjoint tables is far beyond its bar", (distance) => {
    const measured = distance.measure({ baseline: [1000, 0, 0], window: [0, 0, 1000], ...placed(3), cell: 0 });
    expect(measured.effect).toBeGreaterThan(distance.fail);
    if (measured.p !== null) expect(measured.p).toBeLessThan(1e-9);
  });
});
