import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { binomialAtLeast, clopperPearson, wilson } from "./binomial.ts";
import { chiSquareSf, chiSquareUpperQuantile } from "./chi-square.ts";
import { createAdwin } from "./detector/adwin.ts";
import { createPageHinkley } from "./detector/page-hinkley.ts";
import { goodnessOfFit, homogeneity } from "./distance/chi2.ts";
import type { Compared } from "./distance/compared.ts";
import { hellinger } from "./distance/hellinger.ts";
import { jsParts } from "./distance/js.ts";
import { ks, ksOfSorted } from "./distance/ks.ts";
import { largestDifference, linf, noiseFactor } from "./distance/linf.ts";
import { psi, psiParts } from "./distance/psi.ts";
import { wasserstein1 } from "./distance/wasserstein.ts";
import { fisherExact } from "./fisher.ts";
import { kolmogorovOneSampleSf, kolmogorovSf, kolmogorovTwoSampleSf } from "./kolmogorov.ts";
import { benjaminiHochberg, benjaminiYekutieli } from "./multiple.ts";
import { normalSf, normalUpperQuantile } from "./normal.ts";
import { numpyRandom } from "./testdata/numpy-random.ts";

/** Published answers; their sources are named in the file. */
const reference = JSON.parse(readFileSync(fileURLToPath(new URL("testdata/statistics.json", import.meta.url)), "utf8"));

let checked = 0;

/** To 1e-9 relative, or to one unit of the last digit that the source gives: some cut, some round. */
function holds(actual: number, expected: number, digits: { readonly decimals?: number } = {}): void {
  checked++;
  const tolerance = digits.decimals === undefined ? Math.abs(expected) * 1e-9 : 1.0000001 * 10 ** -digits.decimals;
  expect(Math.abs(actual - expected), `${actual} for ${expected}`).toBeLessThanOrEqual(tolerance);
}

function holdAll(actual: readonly number[], expected: readonly number[], digits: { readonly decimals?: number } = {}): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => holds(value, expected[i]!, digits));
}

/** Two tables of counts by name as tables over the same cells. */
function compared(baseline: Record<string, number>, window: Record<string, number>): Compared {
  const names = [...new Set([...Object.keys(baseline), ...Object.keys(window)])].sort();
  return { baseline: names.map((n) => baseline[n] ?? 0), window: names.map((n) => window[n] ?? 0) };
}

const counted = (values: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
};

afterAll(() => console.log(`packages/stats: ${checked} reference values checked`));

describe("distributions", () => {
  const { numerics } = reference;
  it("binomial tails", () => numerics.binom_sf_ge.forEach(([k, n, p, sf]: number[]) => holds(binomialAtLeast(k!, n!, p!), sf!)));
  it("Clopper–Pearson", () =>
    numerics.clopper_pearson_95.forEach(([k, n, low, high]: number[]) => {
      const interval = clopperPearson(k!, n!, 0.05);
      holdAll([interval.low, interval.high], [low!, high!]);
    }));
  it("Wilson", () =>
    numerics.wilson_95.forEach(([k, n, low, high]: number[]) => {
      const interval = wilson(k!, n!, 0.05);
      holdAll([interval.low, interval.high], [k === 0 ? 0 : low!, high!]); // the source's rounding leaves 7e-18 where the formula says 0
    }));
  it("Wilson, as deequ rounds it", () =>
    reference.deequ.wilson_95_rounded_out_2dp.forEach(([rate, n, low, high]: number[]) => {
      const interval = wilson(rate! * n!, n!, 0.05);
      holdAll([Math.floor(interval.low * 100) / 100, Math.ceil(interval.high * 100) / 100], [low!, high!]);
    }));
  it("χ²", () => {
    numerics.chi2_sf.forEach(([x, df, sf]: number[]) => holds(chiSquareSf(x!, df!), sf!));
    numerics.chi2_isf.forEach(([p, df, x]: number[]) => holds(chiSquareUpperQuantile(p!, df!), x!));
  });
  it("normal quantiles, and back", () =>
    numerics.norm_isf.forEach(([p, z]: number[]) => {
      holds(normalUpperQuantile(p!), z!);
      holds(normalSf(z!), p!);
    }));
  it("Kolmogorov's limit", () => numerics.kolmogorov_sf.forEach(([x, sf]: number[]) => holds(kolmogorovSf(x!), sf!)));
  it("Kolmogorov–Smirnov, exact and by the effective sample size", () => {
    const [[a, b, d, p]] = numerics.ks2_exact;
    holds(ksOfSorted(a, b), d);
    holds(kolmogorovTwoSampleSf({ n: a.length, m: b.length, d }), p);
    const [[c, e, d2, p2]] = numerics.ks2_asymp;
    holds(kolmogorovOneSampleSf((c.length * e.length) / (c.length + e.length), d2), p2);
  });
  it("Fisher: a lady tasting tea (17/70), Snedecor's convicts (R's fisher.test)", () => {
    const tea = fisherExact({ k: 3, n: 4, c: 1, m: 4 });
    holdAll([tea.greater, tea.twoSided], [17 / 70, 34 / 70]);
    const convicts = fisherExact({ k: 2, n: 17, c: 10, m: 13 });
    holdAll([convicts.less, convicts.twoSided], [0.0004652, 0.0005367], { decimals: 7 });
  });
});

describe("many tests at once", () => {
  const { bh } = reference.numerics;
  it("Benjamini–Hochberg and Benjamini–Yekutieli", () => {
    holdAll(benjaminiHochberg(bh.p), bh.BH, { decimals: 9 });
    holdAll(benjaminiYekutieli(bh.p), bh.BY, { decimals: 9 });
    holds(benjaminiHochberg(bh.p).filter((p) => p <= 0.05).length, bh["rejected_at_q.05_BH"]);
  });
});

describe("distances", () => {
  const { deequ, tfdv, evidently, numerics } = reference;
  it("L∞, simple and with noise taken off", () => {
    for (const { a, b, ...expected } of deequ.linf) {
      const both = compared(a, b);
      if ("simple" in expected) {
        holds(largestDifference(both), expected.simple);
        holds(linf.measure(both).effect, expected["robust_c1.8"]);
      }
      for (const alpha of [0.003, 0.1]) {
        if (!(`robust_alpha.${String(alpha).slice(2)}` in expected)) continue;
        const noise = noiseFactor(alpha) * Math.sqrt(1 / sum(both.baseline) + 1 / sum(both.window));
        holds(Math.max(0, largestDifference(both) - noise), expected[`robust_alpha.${String(alpha).slice(2)}`]);
      }
    }
    for (const [a, b, d] of reference.nannyml_distances.linf) holds(largestDifference(compared(counted(a), counted(b))), d);
    for (const [a, b, d] of tfdv.linf) if (Object.keys(a).length > 0) holds(largestDifference(compared(a, b)), d);
  });
  it("Jensen–Shannon divergence", () => {
    for (const { p, q, jsd } of tfdv.jsd_bits) {
      holds(sum(jsParts(Array.isArray(p) ? { baseline: p, window: q } : compared(p, q))), jsd);
    }
  });
  it("population stability index", () => {
    const { expected, actual, psi: value } = deequ.psi;
    holds(sum(psiParts({ baseline: expected, window: actual }, 0)), value);
  });
  it("PSI's noise (window far smaller than the baseline)", () => {
    const baseline = new Array<number>(10).fill(1e12);
    for (const [n, bar] of Object.entries<number>(reference.scouter_psi_threshold["chi2_B10_alpha.05"])) {
      const window = new Array<number>(10).fill(Number(n) / 10);
      holds(psi.measure({ baseline, window }).floor(0.05)!, bar, { decimals: String(bar).length - 2 });
    }
  });
  it("χ² goodness of fit, G and homogeneity", () => {
    // Cases 3 and 4 are about deequ's own way of regrouping, which Weir does not have.
    for (const { sample, expected, stat, p } of [0, 1, 4, 5].map((i) => deequ.chisq_gof_with_regrouping[i])) {
      const names = Object.keys(expected);
      const test = goodnessOfFit(
        names.map((n) => sample[n] ?? 0),
        names.map((n) => expected[n]),
      );
      if (stat !== undefined) holds(test.statistic, stat);
      if (p !== undefined) holds(test.p, p);
    }
    const { counts_ref: ref, counts_cur: cur, homogeneity_chi2_scipy: scipy, g_test: g } = evidently;
    holds(goodnessOfFit(cur, ref).p, evidently.chisquare_gof_p, { decimals: 5 });
    const test = homogeneity({ baseline: ref, window: cur });
    holdAll([test.statistic, test.p, test.df], [scipy.stat, scipy.p, scipy.df]);
    const statistic = 2 * sum(g.cur.map((o: number, i: number) => o * Math.log(o / g.ref[i])));
    holds(chiSquareSf(statistic, g.ref.length - 1), g.p, { decimals: 4 });
  });
  it("Hellinger", () =>
    holds(hellinger.measure({ baseline: evidently.counts_ref, window: evidently.counts_cur }).effect, evidently.hellinger, {
      decimals: 5,
    }));
  it("Wasserstein", () => {
    for (const [a, b, d] of numerics.wasserstein1) {
      const positions = [...new Set<number>([...a, ...b])].sort((x, y) => x - y);
      const at = (values: number[]): number[] => positions.map((x) => values.filter((v) => v === x).length);
      holds(wasserstein1({ baseline: at(a), window: at(b), positions }), d);
    }
  });
  it("Kolmogorov–Smirnov of sorted values", () => {
    for (const { a, b, D } of deequ.ks_numeric) holds(ksOfSorted(a, b), D);
  });
  it("Kolmogorov–Smirnov of a sample of numpy's, exact and in 10,000 cells", () => {
    const expected = reference.nannyml_distances.sample_drift_ks_numpy_seed167;
    const { normal } = numpyRandom(167);
    const values = Float64Array.from({ length: 20160 }, (_, i) => normal() + (i >= 15120 ? 0.6 : 0));
    const first = values.slice(0, 10080).sort();
    const chunks = (size: number): Float64Array[] =>
      Array.from({ length: Math.ceil(values.length / size) }, (_, i) => values.slice(i * size, (i + 1) * size).sort());
    const [min, max] = [first[0]!, first.at(-1)!];
    const cellsOf = (xs: Float64Array): Float64Array => {
      const counts = new Float64Array(10002);
      for (const x of xs) counts[x < min ? 0 : x > max ? 10001 : 1 + Math.min(9999, Math.floor(((x - min) / (max - min)) * 10000))]!++;
      return counts;
    };
    const inCells = (xs: Float64Array): number => ks.measure({ baseline: cellsOf(first), window: cellsOf(xs) }).effect;
    const exact = chunks(5000).map((chunk) => ksOfSorted(first, chunk));
    holdAll(exact, expected.exact_ks_chunk5000, { decimals: 6 });
    holdAll(chunks(5000).map(inCells), expected.chunk5000, { decimals: 6 });
    holdAll(chunks(2016).map(inCells), expected.chunk2016, { decimals: 6 });
  });
});

describe("detectors", () => {
  const { streams, expected } = reference.river;
  const alarms = <S>(
    detector: { readonly start: () => S; readonly add: (state: S, x: number) => { readonly state: S; readonly alarm: boolean } },
    stream: string,
  ): number[] => {
    let state = detector.start();
    return [...stream].flatMap((digit, i) => {
      const next = detector.add(state, Number(digit));
      state = next.state;
      return next.alarm ? [i] : [];
    });
  };
  const [adwin, up, down] = expected;
  it("ADWIN", () => holdAll(alarms(createAdwin(), streams.s1_np12345_randint2x1000_randint8x1000), adwin.indices));
  it("Page–Hinkley", () => {
    holdAll(alarms(createPageHinkley(), streams.s1_np12345_randint2x1000_randint8x1000), up.indices);
    holdAll(alarms(createPageHinkley(), streams.d5_pyRandom12345_choices01_then_4to7), down.indices);
  });
});

function sum(values: ArrayLike<number>): number {
  return Array.from(values).reduce((s, v) => s + v, 0);
}
