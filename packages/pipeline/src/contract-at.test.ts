import { compileContract } from "@weir/contract";
import { batchOf } from "@weir/record";
import { expect, test } from "vitest";
import { contractAt } from "./contract-at.ts";
import type { StageSpec } from "./pipeline.ts";

const closed = compileContract({ type: "object", properties: { x: { type: "number" } }, additionalProperties: false });
const stage = (id: string, rest: object): [string, StageSpec] => [id, { id, owner: "user:a", ...rest } as unknown as StageSpec];
const stages = new Map<string, StageSpec>([
  stage("in", { type: "ingest", out: { stage: "before" } }),
  stage("before", { type: "gate", pass: { stage: "score" }, quarantine: { topic: "q" } }),
  stage("score", { type: "inference", as: "prediction", out: { stage: "after" } }),
  stage("after", { type: "gate", pass: { stage: "again" }, quarantine: { topic: "q" } }),
  stage("again", { type: "inference", as: "second", out: { stage: "route" } }),
  stage("route", {
    type: "router",
    branches: new Map([
      ["back", { stage: "after" }],
      ["end", { topic: "t" }],
    ]),
  }),
]);

test("what a model adds belongs to the contract of the stages behind it, also in a cycle, and of no other", () => {
  const knows = (id: string): boolean[] =>
    ["/x", "/prediction/confidence", "/prediction/scores/late", "/second/label"].map((pointer) =>
      contractAt(closed, stages, id).allows(pointer),
    );
  expect(contractAt(closed, stages, "before")).toBe(closed);
  expect(knows("after")).toEqual([true, true, true, true]);
  expect(knows("route")).toEqual([true, true, true, true]);
  expect(contractAt(closed, stages, "route").field("/prediction/label")?.types).toEqual(["string"]);
  expect(knows("in")).toEqual([true, false, false, false]);
});

test("a prediction is held to its shape", () => {
  const contract = contractAt(closed, stages, "again");
  const reader = contract.reader([]);
  const read = (value: string): number =>
    reader.read(batchOf({ topic: "t", partition: 0 }, [{ value: new TextEncoder().encode(value) }])).failures.size;
  expect([
    read('{"x":1,"prediction":{"scores":{"a":1},"model":"m/1"}}'),
    read('{"x":1}'),
    read('{"x":1,"prediction":{"scores":{"a":"1"},"model":"m/1"}}'),
  ]).toEqual([0, 0, 1]);
});
