import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { lintRouter } from "./lint.ts";
import { contains, covers, meet, overlap, regionOf, type Extent } from "./region.ts";
import type { RouterSpec } from "./spec.ts";

const router = (whens: readonly string[], more: Partial<RouterSpec> = {}): RouterSpec => ({
  rules: whens.map((when, i) => ({ id: `r${i}`, when, to: `b${i}` })),
  default: "manual",
  ...more,
});
const told = (whens: readonly string[], more: Partial<RouterSpec> = {}): readonly string[] =>
  lintRouter(router(whens, more)).map((p) => `${p.kind} ${p.rule}: ${p.message}`);
const c = (comparison: string, value: number | string): string => `prediction.confidence ${comparison} ${value}`;

describe("rules", () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ["in falling order are fine", [c(">=", 0.9), c(">=", 0.6)], []],
    [
      "in rising order leave the second without records",
      [c(">=", 0.6), c(">=", 0.9)],
      ["unreachable r1: `r0` takes every record that this rule could take"],
    ],
    ["that touch are fine", [c("<", 0.5), c("==", 0.5)], []],
    [
      "that together take what a third wants",
      [c("<", 0.5), c(">=", 0.5), c(">", 0.2)],
      [
        "unreachable r2: the rules before it take every prediction.confidence that this rule could take",
        "unreachable default: nothing is left for the default `manual`: the rules take every value",
      ],
    ],
    ["that leave one point are fine", [c("<", 0.5), c(">", 0.5)], []],
    [
      "that nothing can satisfy",
      [`${c(">", 0.9)} && ${c("<", 0.1)}`],
      ["unreachable r0: no value of prediction.confidence satisfies all conditions"],
    ],
    [
      "after `true`",
      ["true", c(">", 0.9)],
      [
        "unreachable r1: `r0` takes every record that this rule could take",
        "unreachable default: nothing is left for the default `manual`: the rules take every value",
      ],
    ],
    [
      "that cross",
      [c("<=", 0.6), c(">=", 0.4)],
      [
        "overlap r1: some records match `r0` too, which decides since it comes first",
        "unreachable default: nothing is left for the default `manual`: the rules take every value",
      ],
    ],
    [
      "that cross on a range",
      [`${c(">=", 0.2)} && ${c("<=", 0.6)}`, `${c(">=", 0.4)} && ${c("<=", 0.8)}`],
      ["overlap r1: some records match `r0` too, which decides since it comes first"],
    ],
    [
      "on values",
      ["record.carrier in ['UA', 'AA']", "record.carrier == 'UA'", "record.carrier == 'DL'"],
      ["unreachable r1: `r0` takes every record that this rule could take"],
    ],
    ["on different fields are not compared", [c(">=", 0.9), "record.distance > 5"], []],
    [
      "of which one asks more",
      [c(">=", 0.5), `${c(">=", 0.6)} && record.distance > 5`],
      ["unreachable r1: `r0` takes every record that this rule could take"],
    ],
    ["that are not simple are left alone", [`${c(">", 0.1)} || record.a > 1`, c(">", 0.5)], []],
    ["that are wrong are left alone", ["prediction.confidence >", c(">", 0.5)], []],
  ])("%s", (_, whens, expected) => {
    expect(told(whens)).toEqual(expected);
  });

  it("know the constants of the spec", () => {
    expect(told([c(">=", "ctx.low"), c(">=", 0.9)], { ctx: { low: 0.5 } })).toEqual([
      "unreachable r1: `r0` takes every record that this rule could take",
    ]);
  });

  it("may cross where they lead to one branch", () => {
    const rules = [`${c(">=", 0.2)} && ${c("<=", 0.6)}`, `${c(">=", 0.4)} && ${c("<=", 0.8)}`].map((when, i) => ({
      id: `r${i}`,
      when,
      to: "same",
    }));
    expect(lintRouter({ rules, default: "manual" })).toEqual([]);
  });
});

const points = [-1, 0, 0.5, 1, 1.5, 2, 3];
const comparison = fc.constantFrom("<" as const, "<=" as const, ">" as const, ">=" as const);
const extent: fc.Arbitrary<Extent> = fc
  .array(
    fc.oneof(
      fc.record({ path: fc.constant("x"), comparison, value: fc.constantFrom(0, 1, 2) }),
      fc.record({ path: fc.constant("x"), comparison: fc.constant("in" as const), values: fc.subarray([0, 1, 2]) }),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((conditions) => regionOf(conditions).get("x")!); // there is at least one condition on x
// The limits are 0, 1 and 2: these points meet every piece between them.
const holds = (e: Extent, p: number): boolean => contains(new Map([["x", e]]), new Map([["x", { kind: "values", values: [p] }]]));

test("extents cover, meet and overlap as their points do", () => {
  fc.assert(
    fc.property(fc.array(extent, { maxLength: 4 }), extent, extent, (several, a, b) => {
      const inA = points.filter((p) => holds(a, p));
      expect(covers(several, a)).toBe(inA.every((p) => several.some((e) => holds(e, p))));
      expect(points.filter((p) => holds(meet(a, b), p))).toEqual(inA.filter((p) => holds(b, p)));
      expect(overlap(new Map([["x", a]]), new Map([["x", b]]))).toBe(inA.some((p) => holds(b, p)));
    }),
    { numRuns: 2000 },
  );
});
