import { createHash } from "node:crypto";
import { compileContract } from "@weir/contract";
import { batchOf } from "@weir/record";
import { describe, expect, it } from "vitest";
import { baselineText, parseBaseline } from "../drift/parse-baseline.ts";
import { compileRuleSet } from "../rule-set.ts";
import { baselineContent } from "./baseline-content.ts";
import { createLearner, type Learned } from "./learner.ts";
import { proposeRules } from "./propose.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const contract = compileContract({
  type: "object",
  properties: {
    x: { type: ["number", "null"] },
    s: { type: ["string", "null"] },
    b: { type: "boolean" },
    id: { type: "string" },
    day: { type: "integer" },
    list: { type: "array" },
  },
});

/** 20 days of 150 records; `shift` moves x with the day. */
function learned(shift: number, batch = 1000): Learned {
  const learner = createLearner(contract);
  const records = Array.from({ length: 3000 }, (_, i) => ({
    x: i % 50 === 0 ? null : ((i * 37) % 100) + shift * Math.floor(i / 150),
    s: ["a", "b", "c"][(i * 7) % 3],
    b: i % 3 === 0,
    id: `r${i}`,
    day: Math.floor(i / 150),
    list: [],
  }));
  for (let at = 0; at < records.length; at += batch) {
    const values = records.slice(at, at + batch).map((record) => ({ value: new TextEncoder().encode(JSON.stringify(record)) }));
    const rows = batchOf({ topic: "in", partition: 0 }, values);
    const read = contract.reader(learner.requests).read(rows);
    learner.take({ batch: rows, read, repeats: new Map() }, (row) => `day ${records[at + row]!.day}`);
  }
  return learner.learn();
}

const about = { name: "made", version: 1, source: "test" };

describe("learning", () => {
  it("gives a baseline file that a rule set takes, whatever the batches", () => {
    const text = baselineText(baselineContent(learned(0), about), sha256);
    expect(baselineText(baselineContent(learned(0, 77), about), sha256)).toBe(text);
    const baseline = parseBaseline(text, "made.json", sha256);
    expect(Object.keys(baseline.columns)).toEqual(["/x", "/s", "/b", "/day"]);
    expect(baseline.columns["/x"]).toMatchObject({ kind: "number", min: 1, max: 99, calibrated: "optional" });
    expect(baseline.columns["/x"]!.counts.at(-1)).toBe(60);
    expect(baseline.columns["/s"]).toMatchObject({ values: ["a", "b", "c"], others: [], counts: [1000, 1000, 1000, 0, 0] });
    expect(baseline.columns["/x"]!.references.js).toMatchObject({ windows: 20 });
    const rules = proposeRules(learned(0), "made.json").map(({ rule }) => rule);
    expect(compileRuleSet(rules, { stage: "gate", contract, sha256, baselines: new Map([["made.json", baseline]]) }).rules).toHaveLength(
      rules.length,
    );
  });
  it("tells windows that differ by chance from windows that share a cause", () => {
    expect(learned(0).columns.get("/x")!.column.calibrated).toBe("optional");
    expect(learned(20).columns.get("/x")!.column.calibrated).toBe("required");
  });
  it("says what it left out and why", () => {
    expect(Object.fromEntries(learned(0).skipped)).toEqual({
      "/id": "it has more than 1000 distinct values",
      "/list": "it is neither number nor text nor boolean",
    });
  });
  it("proposes what the records met, in observe mode, with the confidence that they give", () => {
    const proposals = proposeRules(learned(0), "made.json");
    expect(proposals.every(({ rule }) => rule.mode === "observe")).toBe(true);
    const of = (id: string): unknown => proposals.find(({ rule }) => rule.id === id);
    expect(of("x-nulls")).toEqual({
      rule: { id: "x-nulls", kind: "nullRate", field: "/x", max: 0.027, mode: "observe" },
      evidence: "60 of 3000 are missing; with 99 % confidence at most 2.68 %",
    });
    expect(of("s-there")).toMatchObject({ evidence: "0 of 3000 are missing; with 99 % confidence at most 0.153 %" });
    expect(of("s-values")).toMatchObject({ rule: { kind: "oneOf", values: ["a", "b", "c"] } });
    expect(of("x-range")).toMatchObject({ rule: { min: 1, max: 99 } });
    expect(of("x-drift")).toMatchObject({ rule: { baseline: "made.json" } });
  });
});
