import { createHash } from "node:crypto";
import { compileContract } from "@weir/contract";
import { batchOf } from "@weir/record";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeBatch, type BatchJudgement } from "../judge-batch.ts";
import { judgeWindow, type RuleVerdict } from "../judge-window.ts";
import { compileCanonical, compileRuleSet, type RuleSet } from "../rule-set.ts";
import type { DriftSpec, RuleSpec } from "../spec.ts";
import { addTally, countRows, emptyTally } from "../tally.ts";
import type { Baseline } from "./baseline.ts";
import { baselineText, parseBaseline } from "./parse-baseline.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const contract = compileContract({
  type: "object",
  properties: { x: { type: ["number", "null"] }, s: { type: ["string", "null"] }, b: { type: ["boolean", "null"] } },
});

/** 1000 records: x one in each of ten bins of width 10 up to 100, s mostly "a", b half true. */
const CONTENT = {
  kind: "Baseline",
  v: 1,
  name: "made",
  version: 1,
  records: 1000,
  columns: {
    "/x": {
      kind: "number",
      min: 0,
      max: 100,
      edges: [10, 20, 30, 40, 50, 60, 70, 80, 90],
      mean: 50,
      sigma: 29,
      cells: ["under", "<= 10", "<= 20", "<= 30", "<= 40", "<= 50", "<= 60", "<= 70", "<= 80", "<= 90", "> 90", "over", "null", "nan"],
      counts: [0, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 0, 0, 0],
    },
    "/s": {
      kind: "category",
      values: ["a", "b"],
      others: ["c", "d"],
      cells: ["a", "b", "other", "unseen", "null"],
      counts: [700, 200, 50, 0, 50],
    },
    "/b": { kind: "category", values: ["false", "true"], cells: ["false", "true", "unseen", "null"], counts: [500, 500, 0, 0] },
  },
};
const made = (change: (content: typeof CONTENT) => unknown = (content) => content): Baseline =>
  parseBaseline(baselineText(change(structuredClone(CONTENT)) as Record<string, unknown>, sha256), "made.json", sha256);

const drift = (more: Partial<DriftSpec> = {}): DriftSpec => ({ id: "d", kind: "drift", field: "/x", baseline: "made.json", ...more });
const compile = (rules: readonly RuleSpec[], baseline: Baseline = made()): RuleSet =>
  compileRuleSet(rules, { stage: "gate", contract, sha256, baselines: new Map([["made.json", baseline]]) });

function judged(ruleSet: RuleSet, records: readonly unknown[]): BatchJudgement {
  const values = records.map((record) => ({
    value: new TextEncoder().encode(typeof record === "string" ? record : JSON.stringify(record)),
  }));
  const batch = batchOf({ topic: "in", partition: 0 }, values);
  return judgeBatch(ruleSet, { batch, read: contract.reader(ruleSet.requests).read(batch), repeats: new Map() }, null);
}

function verdicts(ruleSet: RuleSet, records: readonly unknown[]): readonly RuleVerdict[] {
  const tally = emptyTally(ruleSet);
  if (records.length > 0) countRows(tally, judged(ruleSet, records), 0, records.length);
  return judgeWindow(ruleSet, tally).rules;
}

const cells = (ruleSet: RuleSet, records: readonly unknown[]): number[] => {
  const tally = emptyTally(ruleSet);
  countRows(tally, judged(ruleSet, records), 0, records.length);
  return [...tally.cells].slice(0, ruleSet.rules.find(({ scale }) => scale !== null)?.scale?.at); // behind them: what only gives hints
};

/** x evenly over the baseline's range, `n` of them. */
const even = (n: number): { x: number }[] => Array.from({ length: n }, (_, i) => ({ x: 0.5 + (i % 100) }));

describe("cells", () => {
  it("of a number: under, bins with their upper edge in them, over, null", () => {
    const records = [{ x: -1 }, { x: 0 }, { x: 10 }, { x: 10.5 }, { x: 90 }, { x: 100 }, { x: 1e8 }, { x: null }, {}, { x: "text" }, "{"];
    expect(cells(compile([drift()]), records)).toEqual([1, 2, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 0]);
  });
  it("of a category: own cells, the known others, the unseen, null", () => {
    const records = [{ s: "a" }, { s: "b" }, { s: "c" }, { s: "zebra" }, { s: null }, {}, { s: 5 }];
    expect(cells(compile([drift({ field: "/s" })]), records)).toEqual([1, 1, 1, 1, 2]);
  });
  it("of a boolean", () => {
    expect(cells(compile([drift({ field: "/b" })]), [{ b: true }, { b: true }, { b: false }, { b: null }])).toEqual([1, 2, 0, 1]);
  });
  it("are counted once for all rules of a field", () => {
    const rules = compile([drift({ id: "one" }), drift({ id: "two", method: "psi" }), drift({ id: "three", field: "/s" })]);
    const scales = rules.rules.flatMap(({ scale }) => scale ?? []);
    expect(new Set(scales.map(({ at }) => at))).toEqual(new Set([14 + 5]));
    expect(rules.cells).toBe(14 + 5 + scales[0]!.rule.counter.size);
  });
  it("add up whatever the split", () => {
    const ruleSet = compile([drift(), drift({ id: "s", field: "/s" })]);
    const record = fc.record({
      x: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
      s: fc.option(fc.constantFrom("a", "b", "c", "?")),
    });
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 60 }), fc.nat(60), (records, at) => {
        const judgement = judged(ruleSet, records);
        const cut = Math.min(at, records.length);
        const [whole, left, right] = [emptyTally(ruleSet), emptyTally(ruleSet), emptyTally(ruleSet)];
        countRows(whole, judgement, 0, records.length);
        countRows(left, judgement, 0, cut);
        countRows(right, judgement, cut, records.length);
        addTally(ruleSet, right, left);
        expect(right).toEqual(whole);
      }),
    );
  });
});

describe("drift", () => {
  it("an even window passes, and says what was measured", () => {
    const [answer] = verdicts(compile([drift()]), even(300));
    expect(answer).toMatchObject({
      verdict: "pass",
      n: 300,
      drift: { method: "js", level: "none", m: 1000, cells: 14, baseline: `made/1@${made().digest.slice(0, 8)}` },
    });
  });
  it.each(["js", "psi", "ks", "chi2", "hellinger", "linf"] as const)("%s: nulls from 0 to 60 %% are drift", (method) => {
    const [answer] = verdicts(
      compile([drift({ method })]),
      even(300).map((r, i) => (i % 10 < 6 ? { x: null } : r)),
    );
    expect(answer).toMatchObject({ verdict: "breach", drift: { level: "fail" } });
    expect(answer!.drift!.top[0]).toEqual({ cell: "null", baseline: 0, window: 0.6 });
  });
  it("proportion: the share of nulls", () => {
    const rule = compile([drift({ method: "proportion", cell: "null" })]);
    expect(verdicts(rule, even(300))[0]).toMatchObject({ verdict: "pass" });
    expect(
      verdicts(
        rule,
        even(300).map((r, i) => (i % 10 === 0 ? { x: null } : r)),
      )[0],
    ).toMatchObject({ verdict: "breach" });
  });
  it("an all-null column and a constant one are judged: both are drift", () => {
    const rules = compile([drift()]);
    expect(
      verdicts(
        rules,
        even(300).map(() => ({ x: null })),
      )[0],
    ).toMatchObject({ verdict: "breach" });
    expect(
      verdicts(
        rules,
        even(300).map(() => ({ x: 5 })),
      )[0],
    ).toMatchObject({ verdict: "breach" });
  });
  it("a column that was constant and still is passes; one value more is drift", () => {
    const constant = made((content) => {
      Object.assign(content.columns["/x"], {
        min: 5,
        max: 5,
        edges: [5],
        sigma: 0,
        cells: ["under", "<= 5", "> 5", "over", "null"],
        counts: [0, 1000, 0, 0, 0],
      });
      return content;
    });
    const rules = compile([drift()], constant);
    expect(
      verdicts(
        rules,
        even(200).map(() => ({ x: 5 })),
      )[0],
    ).toMatchObject({ verdict: "pass", drift: { effect: 0 } });
    expect(
      verdicts(
        rules,
        even(200).map(() => ({ x: 6 })),
      )[0],
    ).toMatchObject({ verdict: "breach" });
  });
  it("one value of 1e8 moves a distance by one record of 300, wherever it lies", () => {
    for (const method of ["js", "psi", "ks", "wasserstein"] as const) {
      const rules = compile([drift({ method, judge: "exact", fail: 0.9 })]);
      const effect = (x: number): number => verdicts(rules, [...even(299), { x }])[0]!.drift!.effect;
      expect(effect(1e8)).toBe(effect(101));
      expect(effect(1e8) - effect(99.5)).toBeLessThan(0.05);
    }
  });
  it.each([
    [[], /0 records, at least 100/],
    [even(40), /40 records, at least 100 are needed/],
    [even(99), /99 records/],
  ])("too small a window is insufficient", (records, why) => {
    const [answer] = verdicts(compile([drift()]), records);
    expect(answer).toMatchObject({ verdict: "insufficient" });
    expect(answer!.why).toMatch(why);
  });
  it("too small a baseline is insufficient", () => {
    const small = made((content) => ((content.columns["/x"].counts[1] = 0), content));
    expect(verdicts(compile([drift()], small), even(300))[0]).toMatchObject({
      verdict: "insufficient",
      why: "the baseline has 900 records, at least 1000 are needed",
    });
  });
  it("an effect below its bar is no drift however sure it is", () => {
    const skewed = Array.from({ length: 20_000 }, (_, i) => ({ x: 0.5 + (i % 10 === 0 ? i % 50 : i % 100) }));
    expect(verdicts(compile([drift()]), skewed)[0]).toMatchObject({ verdict: "pass" });
  });
});

describe("reference windows", () => {
  const shifted = even(300).map(({ x }) => ({ x: Math.min(100, x + 30) }));
  const referenced = (windows: number, mean: number, calibrated?: "required"): Baseline =>
    made((content) => {
      Object.assign(content.columns["/x"], {
        references: { js: { windows, mean, sd: 0.01 }, wasserstein: { windows, mean, sd: 0.01 } },
        calibrated,
      });
      return content;
    });
  it("raise the bar when there are 20 of them", () => {
    expect(verdicts(compile([drift()], made()), shifted)[0]).toMatchObject({ verdict: "breach" });
    expect(verdicts(compile([drift()], referenced(20, 0.6)), shifted)[0]).toMatchObject({
      verdict: "pass",
      drift: { calibratedBar: 0.63 },
    });
    expect(verdicts(compile([drift()], referenced(19, 0.6)), shifted)[0]).toMatchObject({
      verdict: "breach",
      drift: { calibratedBar: null },
    });
  });
  it("are needed where windows differ by more than chance, and for wasserstein", () => {
    expect(verdicts(compile([drift()], referenced(19, 0.1, "required")), shifted)[0]).toMatchObject({ verdict: "insufficient" });
    expect(verdicts(compile([drift()], referenced(31, 0.1, "required")), shifted)[0]).toMatchObject({ verdict: "breach" });
    expect(verdicts(compile([drift({ method: "wasserstein" })]), shifted)[0]).toMatchObject({ verdict: "insufficient" });
    expect(verdicts(compile([drift({ method: "wasserstein" })], referenced(31, 0.1)), shifted)[0]).toMatchObject({ verdict: "breach" });
  });
});

describe("driftShare", () => {
  const rules = compile([
    drift(),
    drift({ id: "s", field: "/s" }),
    drift({ id: "p", method: "psi" }),
    { id: "share", kind: "driftShare", share: 0.5 },
  ]);
  const plain = even(300).map((r, i) => ({ ...r, s: i % 20 === 19 ? null : i % 20 < 14 ? "a" : i % 20 < 18 ? "b" : "c" }));
  it("counts fields, not rules", () => {
    expect(verdicts(rules, plain)[3]).toMatchObject({ verdict: "pass", k: 0, n: 2 });
    expect(
      verdicts(
        rules,
        plain.map((r) => ({ ...r, x: 5 })),
      )[3],
    ).toMatchObject({ verdict: "breach", k: 1, n: 2 });
  });
  it("is insufficient when no field could be judged", () => {
    expect(verdicts(rules, plain.slice(0, 10))[3]).toMatchObject({ verdict: "insufficient", k: 0, n: 0 });
  });
});

describe("a rule set with baselines", () => {
  it("comes back from its canonical text alone", () => {
    const ruleSet = compile([drift(), { id: "share", kind: "driftShare", share: 0.5 }]);
    const again = compileCanonical(ruleSet.canonical, { contract, sha256 });
    expect(again.digest).toBe(ruleSet.digest);
    expect(verdicts(again, even(300))).toEqual(verdicts(ruleSet, even(300)));
  });
  it("has another digest with another baseline", () => {
    const other = made((content) => ({ ...content, version: 2 }));
    expect(compile([drift()], other).digest).not.toBe(compile([drift()]).digest);
  });
  it.each([
    [{ field: "/y" }, /says nothing of \/y/],
    [{ field: "/s", method: "ks" }, /compares places/],
    [{ method: "proportion" }, /compares the share of one cell/],
    [{ method: "proportion", cell: "nowhere" }, /compares the share of one cell/],
  ] as const)("refuses %j", (more, why) => {
    expect(() => compile([drift(more)])).toThrow(why);
  });
});

describe("baseline files", () => {
  const text = baselineText(CONTENT, sha256);
  it.each([
    ["cut off", text.slice(0, 200), "it is not JSON"],
    ["changed by hand", text.replace('"records": 1000', '"records": 1001'), "immutable"],
    ["of something else", "{}", 'expected kind: "Baseline"'],
    [
      "with too few counts",
      baselineText({ ...CONTENT, columns: { "/b": { ...CONTENT.columns["/b"], counts: [1, 2] } } }, sha256),
      "one count for every cell",
    ],
    [
      "with unknown cells",
      baselineText({ ...CONTENT, columns: { "/b": { ...CONTENT.columns["/b"], cells: ["a", "b", "c", "d"] } } }, sha256),
      "expected 2 cells",
    ],
    [
      "with edges in disorder",
      baselineText({ ...CONTENT, columns: { "/x": { ...CONTENT.columns["/x"], edges: [1, 1, 2, 3, 4, 5, 6, 7, 8] } } }, sha256),
      "edges must rise",
    ],
    [
      "with half counts",
      baselineText({ ...CONTENT, columns: { "/b": { ...CONTENT.columns["/b"], counts: [0.5, 1, 1, 1] } } }, sha256),
      "whole number",
    ],
  ])("%s are refused", (_, broken, why) => {
    expect(() => parseBaseline(broken, "b.json", sha256)).toThrow(why);
  });
});
