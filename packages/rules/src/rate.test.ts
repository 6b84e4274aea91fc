import { createHash } from "node:crypto";
import { compileContract } from "@weir/contract";
import { batchOf } from "@weir/record";
import { describe, expect, it } from "vitest";
import type { Baseline } from "./drift/baseline.ts";
import { judgeBatch } from "./judge-batch.ts";
import { judgeWindow, type RuleVerdict } from "./judge-window.ts";
import { compileRuleSet } from "./rule-set.ts";
import type { RuleSpec } from "./spec.ts";
import { countRows, emptyTally } from "./tally.ts";
import { toldVerdict } from "./told-verdict.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const contract = compileContract({ type: "object", properties: { x: { type: ["number", "null"] }, s: {}, t: {} } });
const column = { kind: "number", min: 0, max: 10, edges: [5], mean: 5, sigma: 2, references: {}, calibrated: "optional" } as const;
const baselines: ReadonlyMap<string, Baseline> = new Map([
  [
    "b.json",
    {
      name: "b",
      version: 1,
      digest: "00",
      records: 1000,
      columns: { "/x": { ...column, cells: ["under", "1", "2", "over", "null"], counts: [0, 500, 480, 0, 20] } },
    },
  ],
]);

function verdictOf(rule: RuleSpec, values: readonly string[]): RuleVerdict {
  const rules = compileRuleSet([rule], { stage: "gate", contract, sha256, baselines });
  const batch = batchOf(
    { topic: "in", partition: 0 },
    values.map((value) => ({ value: new TextEncoder().encode(value) })),
  );
  const tally = emptyTally(rules);
  countRows(
    tally,
    judgeBatch(rules, { batch, read: contract.reader(rules.requests).read(batch), repeats: new Map() }, null),
    0,
    batch.count,
  );
  return judgeWindow(rules, tally).rules[0]!; // one rule
}

const nulls = (k: number, n: number): string[] => Array.from({ length: n }, (_, i) => (i < k ? '{"x":null}' : '{"x":1}'));

describe("a null rate that is more than chance", () => {
  const rule: RuleSpec = { id: "r", kind: "nullRate", field: "/x", max: 0.05, judge: "significant" };
  // P(X ≥ k | 100, 5 %), summed in rational numbers.
  it.each([
    [10, "pass", 0.02818829],
    [11, "pass", 0.01147241],
    [12, "breach", 0.004274182466],
  ] as const)("%i of 100 against 5 %%: %s", (k, verdict, p) => {
    const answer = verdictOf(rule, nulls(k, 100));
    expect(answer.verdict).toBe(verdict);
    expect(answer.p).toBeCloseTo(p, 7);
  });
  it("is the limit alone with judge: exact", () => {
    expect(verdictOf({ ...rule, judge: "exact" }, nulls(6, 100))).toMatchObject({ verdict: "breach", k: 6, n: 100 });
  });
});

describe("a rise of nulls above the baseline", () => {
  const rule: RuleSpec = { id: "r", kind: "nullRise", field: "/x", baseline: "b.json" };
  it.each([
    [2, 100, "pass"],
    [4, 100, "pass"],
    [12, 100, "breach"],
    [300, 10_000, "pass"], // exactly minDelta above 2 %, but Fisher's p is 0.02
    [310, 10_000, "pass"],
    [500, 10_000, "breach"],
  ] as const)("%i of %i against 20 of 1000: %s", (k, n, verdict) => {
    expect(verdictOf(rule, nulls(k, n))).toMatchObject({ verdict, before: { k: 20, n: 1000 } });
  });
  it("is none below minDelta, however certain", () => {
    expect(verdictOf({ ...rule, minDelta: 0.5 }, nulls(520, 1000)).verdict).toBe("breach");
    expect(verdictOf({ ...rule, minDelta: 0.5 }, nulls(519, 1000)).verdict).toBe("pass");
  });
  it("alerts unless it says otherwise, and says what it compared", () => {
    const answer = verdictOf(rule, nulls(12, 100));
    expect(answer.action).toBe("alert");
    expect(toldVerdict(answer)).toMatch(/^12 of 100, before: 20 of 1000 \(p = .*\), allowed: a rise below 1 % of all$/);
  });
  it("needs a baseline that counts nulls of the field", () => {
    expect(() => verdictOf({ ...rule, field: "/s" }, [])).toThrow(/WEIR-2206 the baseline b.json says nothing of \/s/);
  });
});

describe("a sentinel", () => {
  const rule: RuleSpec = { id: "r", kind: "sentinel", field: "/x", value: -999, max: 0.5 };
  it("may take up its share of the values and no more", () => {
    expect(verdictOf(rule, ['{"x":-999}', '{"x":1}', '{"x":null}'])).toMatchObject({ verdict: "pass", k: 1, n: 2 });
    expect(verdictOf(rule, ['{"x":-999}', '{"x":-999}', '{"x":1}'])).toMatchObject({ verdict: "breach", k: 2, n: 3 });
  });
  it("says nothing of a window without values", () => {
    expect(verdictOf(rule, ['{"x":null}', "{}"])).toMatchObject({ verdict: "insufficient" });
  });
});

describe("records of the wrong type or age", () => {
  const broken = (rule: RuleSpec, value: string, timestamp = 0): string | null => {
    const rules = compileRuleSet([rule], { stage: "gate", contract, sha256 });
    const batch = batchOf({ topic: "in", partition: 0 }, [{ value: new TextEncoder().encode(value), timestamp }]);
    const { refused } = judgeBatch(rules, { batch, read: contract.reader(rules.requests).read(batch), repeats: new Map() }, null);
    return refused.get(0)?.failure.message ?? null;
  };
  it.each([
    ["string", '{"s":"a"}', null],
    ["string", '{"s":1}', "r: /s is of another type, allowed: of type string"],
    ["number", '{"s":1.5}', null],
    ["integer", '{"s":1.5}', "r: /s is 1.5, allowed: of type integer"],
    ["integer", '{"s":2}', null],
    ["boolean", '{"s":true}', null],
    ["boolean", '{"s":"true"}', "r: /s is of another type, allowed: of type boolean"],
    ["number", "{}", null],
  ] as const)("type %s of %s: %s", (is, value, message) => {
    expect(broken({ id: "r", kind: "type", field: "/s", is }, value)).toBe(message);
  });
  const fresh: RuleSpec = { id: "r", kind: "freshness", field: "/t", unit: "ms", maxAge: 1000, maxFuture: 10 };
  it.each([
    [9000, null],
    [8999, "r: /t (8999) is 1001 ms before the record's timestamp, allowed: 1000 ms before to 10 ms ahead"],
    [10_010, null],
    [10_011, "r: /t (10011) is 11 ms ahead of the record's timestamp, allowed: 1000 ms before to 10 ms ahead"],
  ])("a time of %i in a record of 10000: %s", (time, message) => {
    expect(broken(fresh, JSON.stringify({ t: time }), 10_000)).toBe(message);
  });
});
