import { describe, expect, test } from "vitest";
import { batchOf } from "@weir/record";
import { buildPlan } from "../plan.ts";
import { boundsOf } from "../reader.ts";
import type { FieldRequest } from "../request.ts";
import { beginScan, createScan, scanRecord } from "../scan.ts";
import type { Schema } from "../schema.ts";
import { beginTarget, createTarget } from "../target.ts";
import { createValidator } from "../validator.ts";
import { valuesOf } from "../values.ts";
import { learnShape } from "./learn.ts";
import { createShapeReader } from "./shape-reader.ts";

describe("records with objects in them are read by their shape", () => {
  const shapeOf = (text: string, requests: readonly FieldRequest[], schema: Schema = true): string[] | null => {
    const targets = requests.map((request) => createTarget(request, (name) => name === "known"));
    const plan = buildPlan(schema, targets, schema === true ? null : createValidator(schema))!; // all of them are simple
    const scan = createScan(boundsOf({}));
    const value = new TextEncoder().encode(text);
    const read = valuesOf(
      batchOf({ topic: "t", partition: 0 }, [
        { key: null, value },
        { key: null, value },
      ]),
    );
    for (const target of targets) beginTarget(target, 2);
    beginScan(scan, plan, read);
    expect([scanRecord(scan, plan, 0), scanRecord(scan, plan, 1)]).toEqual([true, true]);
    const shape = learnShape(scan, plan, 1);
    return shape && [...shape.steps.map(({ key }) => Buffer.from(key).toString()), Buffer.from(shape.tail).toString(), ...shape.unknown];
  };
  const scored = '{"id":"a","prediction":{"label":"x","confidence":0.5,"scores":{"x": 0.5, "y": 0.5},"model":"m/1"}}';

  test("what leads from one value to the next may open and close some", () => {
    const keys = ['"id":', ',"prediction":{"label":', ',"confidence":', ',"scores":{"x": ', ', "y": ', '},"model":', "}}"];
    expect(shapeOf(scored, [{ pointer: "/prediction/confidence", as: "number" }])).toEqual(keys);
    expect(shapeOf(scored, [])).toEqual(keys);
  });

  test("empty ones, space, and what follows the last value", () => {
    expect(shapeOf('{"a":{},"b":1,"c":{ "d":{}} }\n', [])).toEqual(['"a":{},"b":', ',"c":{ "d":{}} }\n']);
  });

  test("the names that a contract does not know are those of the record, not of what is in it", () => {
    expect(shapeOf('{"known":{"a":1},"new":{"b":2},"last":3}', [{ pointer: "", as: "unknown" }])).toEqual([
      '"known":{"a":',
      '},"new":{"b":',
      '},"last":',
      "}",
      "new",
      "last",
    ]);
  });

  test("not where somebody asks for the object itself, where it holds lists of other things, and where only the validator can tell", () => {
    expect(shapeOf(scored, [{ pointer: "/prediction", as: "boolean" }])).toBeNull();
    expect(shapeOf('{"id":"a","all":{"list":[{}]}}', [])).toBeNull();
    expect(shapeOf('{"id":"a","all":{"list":[ 1]}}', [])).toEqual(['"id":', ',"all":{"list":', "}}"]);
    expect(
      shapeOf('{"id":"a","all":{"b":1}}', [], { type: "object", properties: { all: { type: "object", minProperties: 1 } } }),
    ).toBeNull();
  });

  test("and none of usual ones are left to the scanner", () => {
    const values = Array.from({ length: 200 }, (_, i) => new TextEncoder().encode(scored.replace("0.5", String(i / 256))));
    const target = createTarget({ pointer: "/prediction/confidence", as: "number" }, () => true);
    const plan = buildPlan(true, [target], null)!; // a schema of everything is simple
    const read = valuesOf(batchOf({ topic: "t", partition: 0 }, values.map((value) => ({ key: null, value })))); // prettier-ignore
    const scan = createScan(boundsOf({}));
    beginTarget(target, values.length);
    beginScan(scan, plan, read);
    expect([scanRecord(scan, plan, 0), scanRecord(scan, plan, 1)]).toEqual([true, true]);
    const done = new Uint8Array(values.length);
    expect(createShapeReader(learnShape(scan, plan, 1)!, plan, 400).read(read, { from: 0, to: values.length }, done)).toBe(0); // learned above
    expect([...target.values]).toEqual(values.map((_, i) => i / 256));
  });
});
