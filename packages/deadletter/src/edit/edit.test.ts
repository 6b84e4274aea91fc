import { headerText, type Header } from "@weir/record";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileEdit, parseEdit, type EditSpec } from "./edit.ts";
import { headerRule } from "./header-rules.ts";
import { addAt, applyPatch, type PatchOperation } from "./json-patch.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The edited value, or the problem after an exclamation mark. */
function edited(value: string, spec: EditSpec, headers: readonly Header[] = []): string {
  const result = compileEdit(spec)({ value: encoder.encode(value), headers });
  return result.problem === null ? decoder.decode(result.record.value ?? undefined) : `! ${result.problem}`;
}

describe("a JSON Patch", () => {
  const cases: readonly (readonly [string, string, readonly PatchOperation[], string])[] = [
    ["replaces, and leaves every other byte alone", '{ "a" : 1.0,"big":12345678901234567890, "b":[1 ,2]}', [{ op: "replace", path: "/a", value: "x" }], '{ "a" : "x","big":12345678901234567890, "b":[1 ,2]}'],
    ["adds a member at the end", '{"a":1 }', [{ op: "add", path: "/b", value: { c: null } }], '{"a":1,"b":{"c":null} }'],
    ["adds to an empty object", "{ }", [{ op: "add", path: "/b", value: 1 }], '{"b":1 }'],
    ["adds over what is there", '{"a":1}', [{ op: "add", path: "/a", value: 2 }], '{"a":2}'],
    ["adds into and behind an array", "[1,3]", [{ op: "add", path: "/1", value: 2 }, { op: "add", path: "/-", value: 4 }], "[1,2,3,4]"],
    ["removes the first, a middle and the last", '{"a":1, "b":2, "c":3}', [{ op: "remove", path: "/a" }, { op: "remove", path: "/c" }], '{"b":2}'],
    ["removes the only one", '{"a":[1]}', [{ op: "remove", path: "/a/0" }], '{"a":[]}'],
    ["moves with its digits", '{"a":1.50,"b":{}}', [{ op: "move", from: "/a", path: "/b/a" }], '{"b":{"a":1.50}}'],
    ["copies", '{"a":"\\u00e9"}', [{ op: "copy", from: "/a", path: "/b" }], '{"a":"\\u00e9","b":"\\u00e9"}'],
    ["knows escaped names", '{"a/b":1,"~":2}', [{ op: "replace", path: "/a~1b", value: 3 }, { op: "remove", path: "/~0" }], '{"a/b":3}'],
    ["replaces the whole value", "[1]", [{ op: "replace", path: "", value: {} }], "{}"],
    ["goes on where a test holds", '{"a":{"x":1,"y":2}}', [{ op: "test", path: "/a", value: { y: 2, x: 1 } }, { op: "remove", path: "/a" }], "{}"],
    ["stops where a test does not hold", '{"a":1}', [{ op: "remove", path: "/a" }, { op: "test", path: "/a", value: 1 }], "! there is no /a"],
    ["says what is not there", '{"a":1}', [{ op: "replace", path: "/b/c", value: 1 }], "! there is no /b/c"],
    ["does not move a value into itself", '{"a":{}}', [{ op: "move", from: "/a", path: "/a/b" }], "! /a cannot be moved into itself"],
    ["does not choose between two members of one name", '{"a":1,"a":2}', [{ op: "replace", path: "/a", value: 3 }], "! /a: the record has the member a 2 times"],
    ["cannot edit what is no JSON", '{"a":', [{ op: "remove", path: "/a" }], "! the value is no JSON"],
  ]; // prettier-ignore
  it.each(cases)("%s", (_, value, patch, result) => expect(edited(value, { patch })).toBe(result));

  it("that only adds gives what an object with the member added would print", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), fc.nat(3), (object, value, spaces) => {
        const before = JSON.stringify(object, null, spaces);
        const after = addAt(before, "/new~1 member", JSON.stringify(value));
        expect(JSON.parse(after)).toEqual(JSON.parse(JSON.stringify({ ...object, "new/ member": value })));
        if (Object.hasOwn(object, "new/ member")) return;
        expect(JSON.parse(applyPatch(after, [{ op: "remove", path: "/new~1 member" }]))).toEqual(JSON.parse(before));
      }),
    );
  });
});

describe("a CEL map", () => {
  it("computes members from the record as it was", () => {
    const map = { "/distance": "double(record.distance)", "/was": "record.distance", "/km": "double(record.distance) * 1.609344" };
    expect(edited('{"id":"a","distance":"100"}', { map })).toBe('{"id":"a","distance":100,"was":"100","km":160.9344}');
  });

  it("reads headers, and comes after the patch", () => {
    const headers = [{ key: "unit", value: encoder.encode("km") }];
    const spec: EditSpec = {
      patch: [{ op: "add", path: "/n", value: 2 }],
      map: { "/m": 'headers.unit == "km" ? record.n * 2.0 : record.n' },
    };
    expect(edited("{}", spec, headers)).toBe('{"n":2,"m":4}');
  });

  it("says where it has no value", () => {
    expect(edited("{}", { map: { "/a": "double(record.b)" } })).toMatch(/^! .*record\.b/);
    expect(edited('{"b":"x"}', { map: { "/a": "double(record.b)" } })).toMatch(/^! `double\(record\.b\)`/);
    expect(edited('{"b":0}', { map: { "/a": "1.0 / record.b" } })).toBe("! the edit gives Infinity, which JSON does not have");
  });
});

it("headers are set and removed, all of one name; the others stay as they are", () => {
  const h = (key: string, value: string | null): Header => ({ key, value: value === null ? null : encoder.encode(value) });
  const headers = [h("a", "1"), h("b", null), h("a", "2"), h("c", "")];
  const result = compileEdit({ headers: { set: { a: "3" }, remove: ["c"] } })({ value: null, headers });
  const after = result.problem === null ? result.record.headers : [];
  expect(after.map((x) => [x.key, headerText([x], x.key)])).toEqual([["b", null], ["a", "3"]]); // prettier-ignore
  expect(result).toMatchObject({ record: { value: null } });
});

it("a bare list is a JSON Patch", () =>
  expect(parseEdit([{ op: "remove", path: "/a" }]).spec).toEqual({ patch: [{ op: "remove", path: "/a" }] }));

it.each([
  ["text", "an edit is a JSON Patch (a list) or an object of patch, map and headers"],
  [{ pach: [] }, "unknown member pach"],
  [[{ op: "replace", path: "a", value: 1 }], "patch[0]: path must be a JSON pointer such as /distance"],
  [[{ op: "replace", path: "/a" }], "patch[0]: replace needs a value"],
  [[{ op: "frob", path: "/a" }], "patch[0]: op must be add, remove, replace, move, copy or test"],
  [{ map: { distance: "1" } }, "map: distance is no JSON pointer such as /distance"],
  [{ map: { "/a": "1 +" } }, "map: /a, column"],
  [{ headers: { set: { "weir.id": "x" } } }, "headers: weir.id is locked, only Weir writes it"],
  [{ headers: { remove: ["__dlq.errors.topic"] } }, "headers: __dlq.errors.topic is locked, only Weir writes it"],
])("%j is refused: %s", (input, problem) => {
  const { spec, problems } = parseEdit(input);
  expect(spec).toBeNull();
  expect(problems.join("\n")).toContain(problem);
});

it.each([
  ["weir.id", "locked"],
  ["__dlq.errors.topic", "locked"],
  ["Authorization", "sensitive"],
  ["x-api-key", "sensitive"],
  ["traceparent", "free"],
])("header %s is %s", (name, rule) => expect(headerRule(name)).toBe(rule));
