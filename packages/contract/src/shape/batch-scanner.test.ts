import { describe, expect, test } from "vitest";
import { batchOf } from "@weir/record";
import { buildPlan } from "../plan.ts";
import { boundsOf } from "../reader.ts";
import type { FieldRequest } from "../request.ts";
import { beginTarget, createTarget } from "../target.ts";
import { valuesOf } from "../values.ts";
import { createBatchScanner } from "./batch-scanner.ts";

describe("a scanner of batches", () => {
  const requests: readonly FieldRequest[] = [{ pointer: "/n", as: "number" }];
  const scan = (...batches: string[][]) => {
    const targets = requests.map((request) => createTarget(request, () => true));
    const scanner = createBatchScanner(buildPlan(true, targets, null)!, targets, boundsOf({})); // a schema of everything is simple
    return batches.map((values) => {
      const encoder = new TextEncoder();
      const read = batchOf({ topic: "t", partition: 0 }, values.map((value) => ({ key: null, value: encoder.encode(value) }))); // prettier-ignore
      for (const target of targets) beginTarget(target, read.count);
      const left = scanner.read(valuesOf(read), read.count);
      return { left, sum: targets[0]!.values.reduce((sum, n) => sum + n, 0) }; // one target
    });
  };
  const many = (text: (i: number) => string, count = 200): string[] => Array.from({ length: count }, (_, i) => text(i));

  test("goes from one shape to another", () => {
    const one = many((i) => `{"n":${i},"a":"x"}`);
    const two = many((i) => `{"a":"x","n":${i}}`);
    const mixed = many((i) => (i % 2 ? one[i]! : two[i]!)); // as long
    const read = scan(one, one, two, two, two, mixed, mixed, one, one);
    expect(read).toEqual(read.map(() => ({ left: [], sum: 19_900 })));
  });

  test("leaves what nobody can scan", () => {
    const values = many((i) => `{"n":${i}}`);
    values[77] = "{n:1}";
    expect(scan(values, values).map(({ left }) => left)).toEqual([[77], [77]]);
  });
});
