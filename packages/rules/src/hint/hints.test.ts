import { createHash } from "node:crypto";
import { compileContract } from "@weir/contract";
import { batchOf } from "@weir/record";
import { describe, expect, test } from "vitest";
import type { Baseline } from "../drift/baseline.ts";
import { judgeBatch } from "../judge-batch.ts";
import { judgeWindow, type RuleVerdict } from "../judge-window.ts";
import { compileCanonical, compileRuleSet } from "../rule-set.ts";
import type { RuleSpec } from "../spec.ts";
import { addTally, countRows, emptyTally } from "../tally.ts";
import { toldVerdict } from "../told-verdict.ts";
import { areAlike } from "./rename.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const contract = compileContract({
  type: "object",
  properties: { distance: { type: ["number", "null"] }, delay: { type: ["number", "null"] }, dep_delay: { type: ["number", "null"] } },
});

/** Whole numbers from 1 to 1000 as a baseline of ten bins, each with 1,000 of 10,000 values. */
const EDGES = [100, 200, 300, 400, 500, 600, 700, 800, 900];
function evenly(min: number, max: number, edges: readonly number[]): Baseline["columns"][string] {
  const bins = edges.map((edge) => `<= ${edge}`);
  return {
    kind: "number",
    cells: ["under", ...bins, `> ${edges.at(-1)}`, "over", "null"],
    counts: [0, ...Array<number>(10).fill(1000), 0, 0],
    references: {},
    calibrated: "optional",
    min,
    max,
    edges,
    mean: (min + max) / 2,
    sigma: (max - min) / Math.sqrt(12),
  };
}
const baseline: Baseline = {
  name: "before",
  version: 1,
  digest: "0".repeat(64),
  records: 10_000,
  columns: {
    "/distance": evenly(1, 1000, EDGES),
    "/delay": evenly(
      -500,
      500,
      EDGES.map((edge) => edge - 500),
    ),
  },
};

function judge(specs: readonly RuleSpec[], records: readonly unknown[], parts = 3): readonly RuleVerdict[] {
  const made = compileRuleSet(specs, { stage: "gate", contract, sha256, baselines: new Map([["before.json", baseline]]) });
  const rules = compileCanonical(made.canonical, { contract, sha256 }); // as it comes back from the state
  const tally = emptyTally(rules);
  for (let part = 0; part < parts; part++) {
    const values = records
      .filter((_, i) => i % parts === part)
      .map((record) => ({ value: new TextEncoder().encode(JSON.stringify(record)) }));
    const batch = batchOf({ topic: "in", partition: 0 }, values);
    const own = emptyTally(rules);
    const view = { batch, read: contract.reader(rules.requests).read(batch), repeats: new Map() };
    countRows(own, judgeBatch(rules, view, null), 0, batch.count);
    addTally(rules, tally, own);
  }
  return judgeWindow(rules, tally).rules;
}

const drift = (field: string): RuleSpec => ({ id: "drift", kind: "drift", field, baseline: "before.json" });
const thousand = Array.from({ length: 1000 }, (_, i) => i + 1);

describe("another unit", () => {
  test.each([
    ["/distance", 1.609344, "miles to kilometres"],
    ["/distance", 1 / 1.609344, "kilometres to miles"],
    ["/distance", 2.20462262, "kilograms to pounds"],
    ["/distance", 60, "minutes to seconds, or hours to minutes"],
    ["/distance", 0.01, "a hundredth: hundredths to whole units"],
    ["/distance", 1000, "thousandfold: seconds to milliseconds, kilometres to metres"],
    ["/delay", 60, "minutes to seconds, or hours to minutes"],
    ["/delay", 0.1, "a tenth"],
  ])("%s times %d: %s", (field, factor, as) => {
    const [answer] = judge([drift(field)], thousand.map((x) => ({ [field.slice(1)]: (field === "/delay" ? x - 500 : x) * factor }))); // prettier-ignore
    expect(answer).toMatchObject({ verdict: "breach", rescaled: { as } });
    expect(answer!.rescaled!.factor).toBeCloseTo(factor, 4);
    expect(answer!.rescaled!.effectAfter).toBeLessThan(0.15);
    expect(toldVerdict(answer!)).toContain(`the values look like ${Number(factor.toPrecision(3))} times the baseline's (${as})`);
  });
  test.each([
    ["shifted", (x: number) => x + 5000],
    ["of another shape", (x: number) => (x <= 500 ? 5 : 995)],
    ["all the same", () => 500],
    ["gone", () => null],
  ])("drift of values that are %s has no unit to explain it", (_, change) => {
    const [answer] = judge([drift("/distance")], thousand.map((x) => ({ distance: change(x) }))); // prettier-ignore
    expect(answer!.verdict).toBe("breach");
    expect(answer!.rescaled).toBeUndefined();
  });
  test("a window that has not drifted is told nothing", () => {
    const [answer] = judge([drift("/distance")], thousand.map((x) => ({ distance: x }))); // prettier-ignore
    expect(answer).toMatchObject({ verdict: "pass" });
    expect(answer!.rescaled).toBeUndefined();
  });
});

describe("another name", () => {
  const rules: readonly RuleSpec[] = [
    { id: "gone", kind: "nullRate", field: "/dep_delay", max: 0.05 },
    { id: "new", kind: "newField" },
  ];
  const records = (renamed: number, name: string): unknown[] => thousand.map((x) => (x <= renamed ? { [name]: x } : { dep_delay: x }));
  test.each([
    ["depDelay", 1000],
    ["departure_delay", 1000],
    ["dep_dely", 400],
  ])("%s in %d records instead of dep_delay", (name, renamed) => {
    const [gone, found] = judge(rules, records(renamed, name));
    expect(gone).toMatchObject({ verdict: "breach", k: renamed, renamed: [{ from: "/dep_delay", to: name }] });
    expect(found).toMatchObject({ verdict: "breach", k: renamed, renamed: [{ from: "/dep_delay", to: name }] });
    expect(toldVerdict(gone!)).toContain(`/dep_delay may be called ${name} now`);
  });
  test("a field that is new beside the old one, or is called otherwise altogether, is no new name of it", () => {
    const beside = judge(rules, thousand.map((x) => ({ dep_delay: x <= 900 ? x : null, dep_delay_2: x }))); // prettier-ignore
    expect(beside.map(({ verdict }) => verdict)).toEqual(["breach", "breach"]);
    expect(beside.some(({ renamed }) => renamed)).toBe(false);
    const other = judge(rules, records(1000, "temperature"));
    expect(other.map(({ verdict }) => verdict)).toEqual(["breach", "breach"]);
    expect(other.some(({ renamed }) => renamed)).toBe(false);
  });
  test.each([
    ["dep_delay", "depDelay", true],
    ["dep_delay", "departure-delay", true],
    ["customer_id", "customerId", true],
    ["amount", "amout", true],
    ["amount", "account", false],
    ["x", "y", false],
    ["lat", "lon", false],
    ["dep_delay", "arr_delay", false],
  ])("%s and %s: %s", (a, b, alike) => {
    expect(areAlike(a, b)).toBe(alike);
    expect(areAlike(b, a)).toBe(alike);
  });
});
