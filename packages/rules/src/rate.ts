import { binomialAtLeast, fisherExact } from "@weir/stats";
import { WeirError } from "@weir/record";
import type { Baseline } from "./drift/baseline.ts";
import { columnOfBaseline } from "./drift/column-of-baseline.ts";
import type { MissingFieldSpec, RuleSpec } from "./spec.ts";

/** How k broken of n is judged. */
export type RateTest =
  | { readonly kind: "limit"; readonly ppm: number }
  | { readonly kind: "significant"; readonly ppm: number; readonly alpha: number }
  | { readonly kind: "rise"; readonly c: number; readonly m: number; readonly ppm: number; readonly alpha: number };

export interface RateAnswer {
  readonly verdict: "pass" | "breach";
  /** Where chance was asked: probability of so many or more. */
  readonly p?: number;
  /** What the rate is compared with. */
  readonly before?: { readonly k: number; readonly n: number };
}

const PPM = 1_000_000;
const DEFAULT_ALPHA = 0.01;

/**
 * limit: k/n > max, as integers, so that a rate equal to the limit passes. significant: P(X ≥ k ∣ n, max) ≤ alpha, one-sided exact
 * binomial. rise: k/n − c/m ≥ minDelta, as integers, and Fisher's exact one-sided p ≤ alpha, against c of m of the baseline.
 */
export function judgeRate(test: RateTest, k: number, n: number): RateAnswer {
  switch (test.kind) {
    case "limit":
      return { verdict: k * PPM > test.ppm * n ? "breach" : "pass" };
    case "significant": {
      const p = binomialAtLeast(k, n, test.ppm / PPM);
      return { verdict: p <= test.alpha ? "breach" : "pass", p };
    }
    case "rise": {
      const { c, m, ppm, alpha } = test;
      const [bk, bn, bc, bm] = [BigInt(k), BigInt(n), BigInt(c), BigInt(m)];
      const risen = (bk * bm - bc * bn) * BigInt(PPM) >= BigInt(ppm) * bn * bm;
      const p = fisherExact({ k, n, c, m }).greater;
      return { verdict: risen && p <= alpha ? "breach" : "pass", p, before: { k: c, n: m } };
    }
  }
}

/** A field counts as always there in a baseline that misses no more than this share of it. */
const THERE_PPM = 10_000;

/** A field that goes missing must have been there. @throws {WeirError} WEIR-2206 */
export function wasThere(spec: MissingFieldSpec, baselines: ReadonlyMap<string, Baseline>): void {
  const { c, m } = nullsOf(spec, baselines);
  if (c * PPM <= THERE_PPM * m) return;
  throw new WeirError({
    code: "WEIR-2206",
    what: `${spec.field} is missing in ${c} of ${m} records of the baseline ${spec.baseline}`,
    where: `rule ${spec.id}`,
    why: "a field goes missing only where it was there in at least 99 %",
    fix: "use nullRise or nullRate",
  });
}

/** The test of a rule whose limit is `ppm` millionths. @throws {WeirError} WEIR-2206 where the baseline does not count missing values. */
export function rateTest(spec: RuleSpec, ppm: number, baselines: ReadonlyMap<string, Baseline>): RateTest {
  if (spec.kind === "nullRise") return { kind: "rise", ...nullsOf(spec, baselines), ppm, alpha: spec.alpha ?? DEFAULT_ALPHA };
  const significant = (spec.kind === "nullRate" || spec.kind === "sentinel") && spec.judge === "significant";
  return significant ? { kind: "significant", ppm, alpha: spec.alpha ?? DEFAULT_ALPHA } : { kind: "limit", ppm };
}

function nullsOf(
  spec: { readonly id: string; readonly field: string; readonly baseline: string },
  baselines: ReadonlyMap<string, Baseline>,
): { c: number; m: number } {
  const column = columnOfBaseline(spec, baselines);
  const at = column.cells.indexOf("null");
  if (at >= 0) return { c: column.counts[at]!, m: column.counts.reduce((sum, count) => sum + count, 0) }; // parallel to the cells
  throw new WeirError({
    code: "WEIR-2206",
    what: `the baseline ${spec.baseline} does not count missing values of ${spec.field}`,
    where: `rule ${spec.id}`,
    fix: "learn a baseline in which the field has a cell null, or use nullRate with a limit",
  });
}
