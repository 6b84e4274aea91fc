import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { betaQuantile, binomialAtLeast, binomialAtMost, clopperPearson, wilson } from "./binomial.ts";
import { chiSquareSf, chiSquareUpperQuantile } from "./chi-square.ts";
import { fisherExact } from "./fisher.ts";
import { regularisedBeta } from "./incomplete-beta.ts";
import { regularisedGamma } from "./incomplete-gamma.ts";
import { isotonicFit } from "./isotonic.ts";
import { kolmogorovOneSampleSf, kolmogorovSf, kolmogorovTwoSampleSf, kolmogorovUpperQuantile } from "./kolmogorov.ts";
import { logGamma } from "./log-gamma.ts";
import { benjaminiHochberg, benjaminiYekutieli, discoveryLevel } from "./multiple.ts";
import { normalSf, normalUpperQuantile } from "./normal.ts";

const near = (actual: number, expected: number, relative = 1e-9): void => {
  expect(Math.abs(actual - expected), `${actual} for ${expected}`).toBeLessThanOrEqual(Math.abs(expected) * relative);
};
const together = (actual: number, expected: number, digits: number): void => {
  expect(actual).toBeCloseTo(expected, digits);
};
const positive = fc.double({ min: 1e-3, max: 1e4, noNaN: true });
const share = fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true });

describe("gamma and beta", () => {
  it("ln Γ grows as its recurrence says", () => {
    fc.assert(fc.property(positive, (x) => together(logGamma(x + 1), logGamma(x) + Math.log(x), 9)));
    near(logGamma(0.5), Math.log(Math.PI) / 2);
  });
  it("both tails add up to one, and the lower rises with x", () => {
    fc.assert(
      fc.property(positive, positive, (a, x) => {
        const { lower, upper } = regularisedGamma(a, x);
        expect(lower + upper).toBeCloseTo(1, 12);
        expect(regularisedGamma(a, x * 1.01).lower).toBeGreaterThanOrEqual(lower - 1e-13);
      }),
    );
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 0.999, noNaN: true }), positive, positive, (x, a, b) => {
        const { lower, upper } = regularisedBeta(x, a, b);
        expect(lower + upper).toBeCloseTo(1, 12);
        const mirrored = regularisedBeta(1 - x, b, a);
        expect(mirrored.upper).toBeCloseTo(lower, 9);
      }),
    );
  });
  it("an upper tail is the chance of fewer Poisson events", () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.double({ min: 0.01, max: 60, noNaN: true }), (a, x) => {
        let [term, sum] = [Math.exp(-x), 0];
        for (let k = 0; k < a; k++) {
          sum += term;
          term *= x / (k + 1);
        }
        near(regularisedGamma(a, x).upper, sum, 1e-11);
      }),
    ));
  it("refuses what is outside", () => {
    expect(logGamma(0)).toBeNaN();
    expect(regularisedGamma(-1, 1).upper).toBeNaN();
    expect(regularisedBeta(2, 1, 1).lower).toBeNaN();
  });
});

describe("far tails", () => {
  it("keep their digits where 1 − cdf is 0", () => {
    near(chiSquareSf(200, 10), 1.6139305336977317e-37);
    near(normalSf(30), 4.906713927148187e-198);
    near(binomialAtLeast(50, 50, 0.05), 0.05 ** 50);
    near(binomialAtMost(0, 1_000_000, 0.001), 0.999 ** 1_000_000, 1e-8);
    near(kolmogorovSf(8), 2 * Math.exp(-128));
    near(fisherExact({ k: 40, n: 40, c: 0, m: 40 }).greater, 1 / 1.0750720873333165e23, 1e-9);
  });
});

describe("quantiles undo their tails", () => {
  it("χ²", () =>
    fc.assert(
      fc.property(share, fc.integer({ min: 1, max: 500 }), (p, df) => near(chiSquareSf(chiSquareUpperQuantile(p, df), df), p, 1e-7)),
    ));
  it("normal, and it is symmetric", () =>
    fc.assert(
      fc.property(share, (p) => {
        near(normalSf(normalUpperQuantile(p)), p, 1e-10);
        fc.pre(p > 1e-4);
        expect(normalUpperQuantile(1 - p)).toBeCloseTo(-normalUpperQuantile(p), 8);
      }),
    ));
  it("beta", () =>
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 1, noNaN: true, maxExcluded: true }),
        fc.integer({ min: 1, max: 2000 }),
        fc.integer({ min: 1, max: 2000 }),
        (p, a, b) => near(regularisedBeta(betaQuantile({ tail: "upper", p, a, b }), a, b).upper, p, 1e-7),
      ),
    ));
  it("Kolmogorov", () => fc.assert(fc.property(share, (p) => near(kolmogorovSf(kolmogorovUpperQuantile(p)), p, 1e-6))));
});

describe("binomial", () => {
  const kn = fc.integer({ min: 1, max: 400 }).chain((n) => fc.tuple(fc.integer({ min: 0, max: n }), fc.constant(n)));
  it("tails meet", () =>
    fc.assert(fc.property(kn, share, ([k, n], p) => together(binomialAtLeast(k, n, p) + binomialAtMost(k - 1, n, p), 1, 11))));
  it("the exact interval holds the rate, lies symmetric, and contains Wilson's centre", () =>
    fc.assert(
      fc.property(kn, ([k, n]) => {
        const { low, high } = clopperPearson(k, n, 0.05);
        const other = clopperPearson(n - k, n, 0.05);
        expect(low).toBeLessThanOrEqual(k / n);
        expect(high).toBeGreaterThanOrEqual(k / n);
        expect(other.low).toBeCloseTo(1 - high, 10);
        const score = wilson(k, n, 0.05);
        expect((score.low + score.high) / 2).toBeGreaterThan(low);
        expect((score.low + score.high) / 2).toBeLessThan(high);
        if (k > 0) near(binomialAtLeast(k, n, low), 0.025, 1e-8);
      }),
    ));
  it("nothing seen says nothing", () => {
    expect(clopperPearson(0, 0, 0.05)).toEqual({ low: 0, high: 1 });
    expect(wilson(0, 0, 0.05)).toEqual({ low: 0, high: 1 });
  });
});

describe("Fisher", () => {
  const table = fc.record({ n: fc.integer({ min: 1, max: 60 }), m: fc.integer({ min: 1, max: 60 }), a: share, b: share });
  it("agrees with the sum over every table", () =>
    fc.assert(
      fc.property(table, ({ n, m, a, b }) => {
        const [k, c] = [Math.round(a * n), Math.round(b * m)];
        const choose = (x: number, y: number): number => Math.exp(logGamma(x + 1) - logGamma(y + 1) - logGamma(x - y + 1));
        const chance = (i: number): number => (choose(n, i) * choose(m, k + c - i)) / choose(n + m, k + c);
        const places = Array.from({ length: n + 1 }, (_, i) => i).filter((i) => k + c - i >= 0 && k + c - i <= m);
        const sum = (keep: (i: number) => boolean): number => places.filter(keep).reduce((s, i) => s + chance(i), 0);
        const test = fisherExact({ k, n, c, m });
        near(
          test.greater,
          sum((i) => i >= k),
          1e-8,
        );
        near(
          test.less,
          sum((i) => i <= k),
          1e-8,
        );
        near(
          test.twoSided,
          sum((i) => chance(i) <= chance(k) * (1 + 1e-7)),
          1e-7,
        );
      }),
    ));
});

describe("Kolmogorov", () => {
  it("falls from 1 to 0", () =>
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 4, noNaN: true }), (x) => {
        expect(kolmogorovSf(x)).toBeLessThanOrEqual(kolmogorovSf(x * 0.99) + 1e-14);
        expect(kolmogorovSf(x)).toBeGreaterThanOrEqual(0);
      }),
    ));
  it("exact and limit meet for many values", () => {
    near(kolmogorovOneSampleSf(400, 1.2 / 20), kolmogorovSf(1.2 * (1 + 0.12 / 20)), 0.01);
    near(kolmogorovTwoSampleSf({ n: 500, m: 500, d: 0.09 }), kolmogorovTwoSampleSf({ n: 501, m: 500, d: 0.09 }), 0.15);
  });
  it("the one-sample tail has no step where its formulas meet", () => {
    for (const n of [10, 50, 200]) {
      const d = 2 / Math.sqrt(n);
      near(kolmogorovOneSampleSf(n, d * 0.9999999), kolmogorovOneSampleSf(n, d), 1e-5);
    }
  });
});

describe("many tests at once", () => {
  const ps = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 });
  it("adjusted values keep the order, never fall below the raw ones, and any dependence costs more", () =>
    fc.assert(
      fc.property(ps, (p) => {
        const [bh, by] = [benjaminiHochberg(p), benjaminiYekutieli(p)];
        p.forEach((value, i) => {
          expect(bh[i]).toBeGreaterThanOrEqual(value * (1 - 1e-15));
          expect(by[i]).toBeGreaterThanOrEqual(bh[i]!);
          p.forEach((other, j) => expect(value > other && bh[i]! < bh[j]!).toBe(false));
        });
      }),
    ));
  it("the level of a single test rejects the same set", () =>
    fc.assert(
      fc.property(ps, (p) => {
        const level = discoveryLevel(p, 0.1);
        expect(p.map((value) => value <= level)).toEqual(benjaminiHochberg(p).map((value) => value <= 0.1));
      }),
    ));
});

describe("isotonic fit", () => {
  it("rises, keeps the mean, and leaves alone what rises", () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 30 }), (values) => {
        const fit = isotonicFit(values);
        fit.slice(1).forEach((value, i) => expect(value).toBeGreaterThanOrEqual(fit[i]! - 1e-12));
        expect(fit.reduce((s, v) => s + v, 0)).toBeCloseTo(
          values.reduce((s, v) => s + v, 0),
          8,
        );
        const sorted = values.toSorted((a, b) => a - b);
        isotonicFit(sorted).forEach((value, i) => expect(value).toBeCloseTo(sorted[i]!, 12));
      }),
    ));
  it("weighs", () => expect(isotonicFit([3, 1, 2], [1, 3, 1])).toEqual([1.5, 1.5, 2]));
});
