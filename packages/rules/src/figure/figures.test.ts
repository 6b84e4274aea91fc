import { createHash } from "node:crypto";
import { compileContract } from "@weir/contract";
import { batchOf, PRESENT } from "@weir/record";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Baseline } from "../drift/baseline.ts";
import { judgeBatch } from "../judge-batch.ts";
import { judgeWindow, type RuleVerdict } from "../judge-window.ts";
import { compileRuleSet, type RuleSet } from "../rule-set.ts";
import type { RuleSpec } from "../spec.ts";
import { countRows, emptyTally, openTally, saveTally } from "../tally.ts";
import { toldVerdict } from "../told-verdict.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const contract = compileContract({
  type: "object",
  properties: { x: { type: ["number", "null"] }, s: { type: ["string", "null"] }, b: { type: "boolean" }, any: {} },
});

const known = (kind: "number" | "category", nulls: number): Baseline["columns"][string] =>
  ({ kind, cells: ["all", "null"], counts: [1000 - nulls, nulls], references: {}, calibrated: "optional", values: [], others: [], edges: [], min: 0, max: 1, mean: 0, sigma: 1 }) as unknown as Baseline["columns"][string]; // prettier-ignore
const baseline: Baseline = {
  name: "before",
  version: 1,
  digest: "0".repeat(64),
  records: 1000,
  columns: { "/x": known("number", 10), "/s": known("category", 0), "/any": known("number", 0), "/b": known("category", 11) },
};

const compile = (rule: RuleSpec, minRecords = 0): RuleSet =>
  compileRuleSet([rule], { stage: "gate", contract, sha256, minRecords, baselines: new Map([["before.json", baseline]]) });

function verdictOf(rule: RuleSpec, records: readonly unknown[], minRecords = 0): RuleVerdict {
  const rules = compile(rule, minRecords);
  const values = records.map((record) => ({ value: new TextEncoder().encode(JSON.stringify(record)) }));
  const batch = batchOf({ topic: "in", partition: 0 }, values);
  const read = contract.reader(rules.requests).read(batch);
  const tally = emptyTally(rules);
  countRows(tally, judgeBatch(rules, { batch, read, repeats: new Map() }, null), 0, records.length);
  const again = openTally(rules, JSON.parse(JSON.stringify(saveTally(tally)))); // as a restart finds it
  return judgeWindow(rules, again).rules[0]!; // the only one
}

const xs = (...values: unknown[]): unknown[] => values.map((x) => ({ x }));
const mean = { id: "r", kind: "mean", field: "/x" } as const;
const quantile = { id: "r", kind: "quantile", field: "/x" } as const;
const cardinality = { id: "r", kind: "cardinality" } as const;

test.each<[RuleSpec, unknown[], Partial<RuleVerdict>, string]>([
  [{ ...mean, max: 2 }, xs(1, 2, 3, null), { verdict: "pass", n: 3, value: 2, max: 2 }, "the mean of 3 records is 2, allowed: any to 2"],
  [{ ...mean, min: 2.5 }, xs(1, 2, 3), { verdict: "breach", n: 3, value: 2 }, "the mean of 3 records is 2, allowed: 2.5 to any number"],
  [mean, xs(null, null), { verdict: "insufficient", n: 0, why: "no record has a value" }, "any to any"],
  [{ ...quantile, q: 0.5, max: 2 }, xs(1, 2, 9), { verdict: "pass", n: 3, k: 1 }, "1 of 3 records lie beyond the bound"],
  [{ ...quantile, q: 0.5, max: 1 }, xs(1, 2, 9), { verdict: "breach", n: 3, k: 2 }, "2 of 3 records lie beyond the bound"],
  [{ ...quantile, q: 0.5, min: 2 }, xs(1, 1, 9), { verdict: "breach", n: 3, k: 2 }, "2 of 3"],
  [{ ...quantile, q: 1, max: 8 }, xs(1, 1, 9), { verdict: "breach", n: 3, k: 1 }, "1 of 3"],
  [{ id: "r", kind: "constant", field: "/x" }, xs(5, 5, null, 5), { verdict: "breach", value: 1, n: 3 }, "one value in 3 records"],
  [{ id: "r", kind: "constant", field: "/x" }, xs(5, 6, 5), { verdict: "pass", n: 3 }, "more than one value"],
  [{ id: "r", kind: "constant", field: "/x" }, xs(0, -0), { verdict: "breach", value: 1 }, "one value"],
  [
    { id: "r", kind: "unique", field: "/x", max: 0.25 },
    xs(5, 5, null, 6, 7),
    { verdict: "pass", k: 1, n: 4 },
    "1 of 4 repeat the value of another, allowed: 25 %",
  ],
  [{ id: "r", kind: "unique", field: "/x", max: 0 }, xs(0, 1, -0), { verdict: "breach", k: 1, n: 3 }, ""],
  [{ id: "r", kind: "unique", field: "/s", max: 0 }, [{ s: "a" }, { s: "b" }, { s: "a" }], { verdict: "breach", k: 1 }, ""],
  [
    { id: "r", kind: "unique", field: "/x", max: 0, maxKeys: 2 },
    xs(1, 2, 3, 4),
    { verdict: "insufficient", k: 1, n: 4, why: "more than 2 different values: they are not counted further" },
    "",
  ],
  [{ id: "r", kind: "unique", field: "/x", max: 0.25, maxKeys: 2 }, xs(1, 2, 3, 4), { verdict: "pass", k: 1 }, ""],
  [{ id: "r", kind: "unique", field: "/x", max: 0 }, xs(null), { verdict: "insufficient", n: 0 }, ""],
  [{ id: "r", kind: "constant", field: "/b" }, [{ b: true }, { b: true }], { verdict: "breach", value: 1 }, "one value"],
  [{ id: "r", kind: "constant", field: "/s" }, xs(1), { verdict: "insufficient", n: 0 }, ""],
  [
    { ...cardinality, field: "/s", max: 2 },
    [{ s: "a" }, { s: "b" }, { s: "a" }],
    { verdict: "pass", value: 2, n: 3 },
    "2 different values in 3 records, allowed: any to 2",
  ],
  [
    { ...cardinality, field: "/s", max: 2 },
    [{ s: "a" }, { s: "b" }, { s: "c" }],
    { verdict: "breach", value: 3 },
    "more than 2 different values",
  ],
  [{ ...cardinality, field: "/s", min: 3 }, [{ s: "a" }, { s: "b" }, { s: "" }], { verdict: "pass", value: 3 }, "3 different values"],
  [{ ...cardinality, field: "/s", min: 3 }, [{ s: "a" }, { s: "b" }, { s: null }], { verdict: "breach", value: 2 }, "2 different values"],
  [
    { id: "r", kind: "missingField", field: "/x", baseline: "before.json" },
    xs(...Array(99).fill(null), 1),
    { verdict: "pass", k: 99, n: 100 },
    "missing in 99 of 100",
  ],
  [
    { id: "r", kind: "missingField", field: "/x", baseline: "before.json" },
    xs(...Array(100).fill(null)),
    { verdict: "breach", k: 100 },
    "missing in 100 of 100",
  ],
  [
    { id: "r", kind: "newField", minPresence: 0.5, ignore: ["ok"] },
    [{ x: 1, y: 2, ok: 1 }, { x: 1, z: [1], "a b": 1, ok: 1 }, { "a b": 1, y: {}, ok: 1 }, { ok: 1 }],
    {
      verdict: "breach",
      k: 2,
      n: 4,
      fields: [
        { name: "a b", k: 2 },
        { name: "y", k: 2 },
      ],
    },
    "unknown: a b in 2, y in 2 of 4, allowed: in less than 50 %",
  ],
  [
    { id: "r", kind: "newField", minPresence: 0.5 },
    [{ y: 1 }, {}, {}, { z: 1 }],
    { verdict: "pass", k: 0, n: 4 },
    "no unknown field is frequent in 4",
  ],
  [{ id: "r", kind: "newField" }, [], { verdict: "insufficient", n: 0 }, "unknown"],
  [
    { id: "r", kind: "newField" },
    Array.from({ length: 1001 }, (_, i) => ({ [`key-${i}`]: 1 })),
    { verdict: "insufficient", why: "more than 1000 unknown names: they are data, not fields" },
    "unknown",
  ],
  [
    { id: "r", kind: "typeChange", field: "/any", baseline: "before.json" },
    [{ any: 1 }, { any: "1" }],
    { verdict: "pass", k: 1, n: 2 },
    "1 of 2 are of another type",
  ],
  [
    { id: "r", kind: "typeChange", field: "/any", baseline: "before.json" },
    [{ any: [] }, { any: "1" }, { any: 2 }],
    { verdict: "breach", k: 2, n: 3 },
    "2 of 3",
  ],
])("%j", (rule, records, verdict, told) => {
  const answer = verdictOf(rule, records);
  expect(answer).toMatchObject(verdict);
  expect(toldVerdict(answer)).toContain(told);
});

test("below minRecords nothing is said", () => {
  for (const rule of [
    { ...mean, max: 0 },
    { ...quantile, q: 0.5, max: 0 },
    { id: "r", kind: "constant", field: "/x" },
  ] as const)
    expect(verdictOf(rule, xs(5, 5), 3)).toMatchObject({ verdict: "insufficient", why: "2 records, at least 3 are needed" });
});

test("a field that the baseline misses in more than 1 % cannot go missing", () => {
  expect(() => compile({ id: "r", kind: "missingField", field: "/b", baseline: "before.json" })).toThrow(/WEIR-2206 .*11 of 1000/);
  expect(() => compile({ id: "r", kind: "typeChange", field: "/c", baseline: "before.json" })).toThrow(/WEIR-2206 .*\/c/);
});

describe("against the definition", () => {
  const numbers = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 40 });
  test("a quantile is the smallest value that a share q does not exceed", () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 100 }), fc.integer({ min: -6, max: 6 }), (values, percent, bound) => {
        const sorted = values.toSorted((a, b) => a - b);
        const rank = Math.ceil((percent * values.length) / 100);
        const exact = sorted[rank - 1]!; // 1 <= rank <= length
        const q = percent / 100;
        expect(verdictOf({ ...quantile, q, max: bound }, xs(...values)).verdict).toBe(exact > bound ? "breach" : "pass");
        expect(verdictOf({ ...quantile, q, min: bound }, xs(...values)).verdict).toBe(exact < bound ? "breach" : "pass");
      }),
    );
  });
  test("different values are counted exactly", () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 12 }), (values, max) => {
        const texts = values.map((x) => ({ s: `value ${x}` }));
        const { size } = new Set(values);
        expect(verdictOf({ ...cardinality, field: "/s", max }, texts)).toMatchObject({
          verdict: size > max ? "breach" : "pass",
          value: Math.min(size, max + 1),
        });
        expect(verdictOf({ ...cardinality, field: "/x", min: max }, xs(...values)).verdict).toBe(size < max ? "breach" : "pass");
      }),
    );
  });
});

test("hashes of texts do not meet among 300,000 that are alike", async () => {
  const { distinctCounter } = await import("../distinct/distinct-values.ts");
  const counter = distinctCounter("/s", 1_000_000, contract);
  const dictionary = Array.from({ length: 300_000 }, (_, i) => `user-${i}`);
  const codes = Int32Array.from(dictionary, (_, i) => i);
  const ones = new Uint8Array(codes.length).fill(1);
  const column = { kind: "string", codes, dictionary, presence: new Uint8Array(codes.length).fill(PRESENT) } as const;
  expect(counter.collect({ column, counted: ones, first: 0, end: codes.length }, new Set())?.size).toBe(dictionary.length);
});
