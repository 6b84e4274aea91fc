import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { compileContract } from "@weir/contract";
import { batchOf } from "@weir/record";
import { judgeBatch } from "./judge-batch.ts";
import { compileRuleSet } from "./rule-set.ts";
import type { RuleSpec } from "./spec.ts";

const number = { type: ["number", "null"] };
const contract = compileContract({ type: "object", properties: { low: number, high: number, name: { type: "string" } } });
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

function refusals(rule: Partial<Extract<RuleSpec, { kind: "expr" }>> & { expr: string }, values: readonly unknown[]): (string | null)[] {
  const rules = compileRuleSet([{ id: "r", kind: "expr", ...rule }], { stage: "gate", contract, sha256 });
  const batch = batchOf(
    { topic: "t", partition: 0 },
    values.map((v) => ({ value: new TextEncoder().encode(JSON.stringify(v)) })),
  );
  const { refused } = judgeBatch(rules, { batch, read: contract.reader(rules.requests).read(batch), repeats: new Map() }, null);
  return values.map((_, row) => refused.get(row)?.to ?? null);
}

const RECORDS = [{ low: 1, high: 2 }, { low: 3, high: 2 }, { low: 1 }];

test.each([
  ["over columns", "record.low <= record.high"],
  ["over objects", "record.low + 0.0 <= record.high"],
])("an expression %s refuses where it is false, and where it has no value", (_, expr) => {
  expect(refusals({ expr }, RECORDS)).toEqual([null, "quarantine", "quarantine"]);
  expect(refusals({ expr, onError: "skip" }, RECORDS)).toEqual([null, "quarantine", null]);
  expect(refusals({ expr, onError: "dead-letter" }, RECORDS)).toEqual([null, "dead-letter", "dead-letter"]);
});

test("an expression may ask for an element of an array", () => {
  const pixels = { type: "array", items: number, minItems: 2, maxItems: 2 };
  const contract = compileContract({ type: "object", properties: { pixels } });
  const rules = compileRuleSet([{ id: "r", kind: "expr", expr: "record.pixels[1] > 0.5 && size(record.pixels) == 2" }], {
    stage: "gate",
    contract,
    sha256,
  });
  const values = [[0, 0.75], [0.75, 0], [0.75]].map((list) => ({ value: new TextEncoder().encode(JSON.stringify({ pixels: list })) }));
  const batch = batchOf({ topic: "t", partition: 0 }, values);
  const read = contract.reader([...rules.requests, { pointer: "/pixels", as: "vector", width: 2 }]).read(batch);
  const { refused } = judgeBatch(rules, { batch, read, repeats: new Map() }, null);
  expect([...refused.keys()]).toEqual([1]);
  expect([...read.failures].map(([row, failure]) => [row, failure.message])).toEqual([[2, "/pixels must NOT have fewer than 2 items"]]);
});

test("an expression that cannot be compiled names its column and the nearest field", () => {
  expect(() => refusals({ expr: "record.lwo > 1" }, [])).toThrow(/WEIR-2205[^]*column 8[^]*low/);
});
