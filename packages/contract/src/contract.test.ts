import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ABSENT, batchOf, NULL, OTHER, PRESENT, selectRows, WeirError, type Batch, type Column } from "@weir/record";
import { compileContract } from "./contract.ts";
import { schemaProblems } from "./problems.ts";
import { createReader } from "./reader.ts";
import { parseRecord } from "./values.ts";

const flightSchema: unknown = JSON.parse(testdata("flight.schema.json"));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function testdata(name: string): string {
  return readFileSync(new URL(`../testdata/${name}`, import.meta.url), "utf8");
}

function batchOfTexts(texts: readonly (string | null)[]): Batch {
  return batchOf(
    { topic: "t", partition: 0 },
    texts.map((text) => ({ value: text === null ? null : bytes(text) })),
  );
}

function thrownBy(act: () => unknown): WeirError | null {
  try {
    act();
    return null;
  } catch (error) {
    if (error instanceof WeirError) return error;
    throw error;
  }
}

describe("flights", () => {
  const lines = testdata("flights.ndjson").trim().split("\n");
  const reader = compileContract(flightSchema).reader([
    { pointer: "/id", as: "slices" },
    { pointer: "/event_time", as: "time" },
    { pointer: "/dep_delay", as: "number" },
    { pointer: "/wind_speed", as: "number" },
    { pointer: "/origin", as: "string" },
    { pointer: "/distance", as: "number" },
  ]);

  test("real records are valid and their columns are what JSON.parse reads", () => {
    const { columns, failures } = reader.read(batchOfTexts(lines));
    const records = lines.map((line) => JSON.parse(line));
    expect(failures.size).toBe(0);
    expect(valuesOf(columns.get("slices /id"))).toEqual(records.map((r) => r.id));
    expect(valuesOf(columns.get("time /event_time"))).toEqual(records.map((r) => Date.parse(r.event_time)));
    expect(valuesOf(columns.get("number /wind_speed"))).toEqual(records.map((r) => r.wind_speed));
    expect(valuesOf(columns.get("number /dep_delay"))).toEqual(records.map((r) => r.dep_delay));
    expect(valuesOf(columns.get("string /origin"))).toEqual(records.map((r) => r.origin));
  });

  test("distance as text breaks the contract; the other fields can still be read", () => {
    const texts = testdata("distance-as-text.ndjson").trim().split("\n");
    const broken = texts.flatMap((line, row) => (typeof JSON.parse(line).distance === "string" ? [row] : []));
    const { columns, failures } = reader.read(batchOfTexts(texts));
    expect(broken.length).toBeGreaterThan(3);
    expect(broken.length).toBeLessThan(texts.length);
    expect([...failures.keys()]).toEqual(broken);
    expect(failures.get(broken[0]!)).toEqual({
      // it has several
      class: "CONTRACT",
      message: "/distance must be integer",
      violations: [{ pointer: "/distance", keyword: "type", message: "must be integer" }],
    });
    expect([...columns.get("number /distance")!.presence]).toEqual(texts.map((_, row) => (broken.includes(row) ? OTHER : PRESENT))); // asked for
    expect(valuesOf(columns.get("number /dep_delay"))).toEqual(texts.map((line) => JSON.parse(line).dep_delay));
  });
});

function valuesOf(column: Column | undefined): unknown[] | null {
  if (column === undefined) return null;
  return [...column.presence].map((presence, row) => {
    if (presence !== PRESENT) return null;
    if (column.kind === "string") return column.dictionary[column.codes[row]!]; // parallel, here and below
    if (column.kind === "slices") return Buffer.from(column.bytes).toString("utf8", column.at[row]!, column.at[row]! + column.length[row]!);
    return column.kind === "boolean" ? column.values[row] === 1 : column.values[row];
  });
}

describe("a record that is not JSON", () => {
  const reader = createReader([{ pointer: "/a", as: "number" }], { maxBytes: 40, maxDepth: 3 });

  test.each([
    ["null", null, "the value is null (a tombstone)"],
    ["empty", "", "the value is empty"],
    ["too long", `{"a":1,"b":"${"x".repeat(40)}"}`, "the value has 54 bytes, at most 40 are read"],
    ["too deep", '{"a":1,"b":[[[1]]]}', "the value is nested deeper than 3"],
  ])("%s fails with DECODE and has no field", (_, text, message) => {
    const { columns, failures } = reader.read(batchOfTexts([text]));
    expect(failures.get(0)).toEqual({ class: "DECODE", message, violations: [] });
    expect([...columns.get("number /a")!.presence]).toEqual([ABSENT]); // asked for
  });

  test.each(['{"a":1', '{"a":1}}', '\ufeff{"a":1}', '{"a":NaN}', "{'a':1}", '{"a":1,}', '{"a":"\t"}'])("%j", (text) => {
    expect(reader.read(batchOfTexts([text])).failures.get(0)?.class).toBe("DECODE");
  });
});

test("a reader tells absent, null, other and present apart", () => {
  const reader = createReader([
    { pointer: "/a/b", as: "number" },
    { pointer: "/a", as: "string" },
  ]);
  const { columns } = reader.read(batchOfTexts(["{}", '{"a":null}', '{"a":{"b":"x"}}', '{"a":{"b":2}}', '{"a":"t"}', "[1]"]));
  expect([...columns.get("number /a/b")!.presence]).toEqual([ABSENT, ABSENT, OTHER, PRESENT, ABSENT, ABSENT]); // asked for, as the next
  expect([...columns.get("string /a")!.presence]).toEqual([ABSENT, NULL, OTHER, OTHER, PRESENT, ABSENT]);
});

test("a column that an earlier stage provided is taken, a vector only where it has the width that is asked for", () => {
  const batch = batchOfTexts(['{"v":[1,2]}']);
  const reader = (width: number) => createReader([{ pointer: "/v", as: "vector", width }]);
  const { columns } = reader(2).read(batch);
  const later: Batch = { ...batch, added: { ...batch.added, columns } };
  expect(reader(2).read(later).columns.get("vector /v")).toBe(columns.get("vector /v"));
  expect(reader(1).read(later).columns.get("vector /v")).toMatchObject({ width: 1, presence: Uint8Array.of(OTHER) });
});

test("a time that cannot be read breaks the contract", () => {
  const { failures } = createReader([{ pointer: "/t", as: "time" }]).read(
    batchOfTexts(['{"t":"yesterday"}', '{"t":5}', '{"t":null}', "{}"]),
  );
  expect([...failures.keys()]).toEqual([0, 1]);
  expect(failures.get(0)).toEqual({
    class: "CONTRACT",
    message: "/t must be a time: RFC 3339 text",
    violations: [{ pointer: "/t", keyword: "time", message: "must be a time: RFC 3339 text" }],
  });
});

test("a pattern that would backtrack for ever is matched in linear time, failing records too", () => {
  const contract = compileContract({ type: "object", properties: { a: { type: "string", pattern: "^(a+)+$" } } });
  const { failures } = contract
    .reader([{ pointer: "/a", as: "string" }])
    .read(batchOfTexts([`{"a":"${"a".repeat(5000)}!"}`, '{"a":"aa"}']));
  expect([...failures.keys()]).toEqual([0]);
});

test("every field has its own pattern", () => {
  const contract = compileContract({
    type: "object",
    properties: { a: { type: "string", pattern: "^x" }, b: { type: "string", pattern: "y\\s" } },
  });
  const { failures } = contract.reader([]).read(batchOfTexts(['{"a":"xx","b":"y "}', '{"a":"y","b":"y "}', '{"a":"xx","b":"x"}']));
  expect([...failures].map(([row, failure]) => [row, failure.violations.map((v) => v.pointer)])).toEqual([
    [1, ["/a"]],
    [2, ["/b"]],
  ]);
});

test("at most 20 violations are told", () => {
  const contract = compileContract({ type: "object", required: Array.from({ length: 30 }, (_, i) => `f${i}`) });
  const failure = contract
    .reader([])
    .read(batchOfTexts(["{}"]))
    .failures.get(0);
  expect(failure?.violations.length).toBe(20);
  expect(failure?.message).toBe("the record must have required property 'f0' (and 19 more)");
});

test("columns of an earlier stage are taken as they are, and spliced members are read", () => {
  const batch = batchOfTexts(['{"a":1}', '{"a":2}']);
  const tail = bytes(',"p":{"c":0.5}}');
  const given: Column = { kind: "number", values: Float64Array.of(7, 8), presence: new Uint8Array(2) };
  const next = selectRows(batch, Int32Array.of(0, 1), {
    columns: new Map([["number /x", given]]),
    tails: { bytes: tail, at: new Int32Array(2), length: Int32Array.of(-1, tail.length), keep: Int32Array.of(0, 6) },
  });
  const { columns } = createReader([
    { pointer: "/x", as: "number" },
    { pointer: "/a", as: "number" },
    { pointer: "/p/c", as: "number" },
  ]).read(next);
  expect(columns.get("number /x")).toBe(given);
  expect(valuesOf(columns.get("number /a"))).toEqual([1, 2]);
  expect(valuesOf(columns.get("number /p/c"))).toEqual([null, 0.5]);
  expect(parseRecord(next, 1)).toEqual({ a: 2, p: { c: 0.5 } });
});

test("a string that comes back has one code, and batches have dictionaries of their own", () => {
  const reader = createReader([{ pointer: "/a", as: "string" }]);
  const column = (texts: readonly string[]): Column | undefined =>
    reader.read(batchOfTexts(texts.map((a) => JSON.stringify({ a })))).columns.get("string /a");
  expect(column(["x", "y", "x", "é\n", "é\n"])).toMatchObject({ dictionary: ["x", "y", "é\n"], codes: Int32Array.of(0, 1, 0, 2, 2) });
  expect(column(["y", "z", "x"])).toMatchObject({ dictionary: ["y", "z", "x"], codes: Int32Array.of(0, 1, 2) });
});

test("dictionaries forget what has become too much", () => {
  const reader = createReader([{ pointer: "/a", as: "string" }]);
  for (let batch = 0; batch < 4; batch++) {
    const texts = Array.from({ length: 5000 }, (_, i) => `${batch}-${i % 4999}`);
    const column = reader.read(batchOfTexts(texts.map((a) => JSON.stringify({ a })))).columns.get("string /a");
    expect(valuesOf(column)).toEqual(texts);
  }
});

test("__proto__ is a member like any other", () => {
  const text = '{"__proto__":{"polluted":true},"a":1}';
  expect(
    compileContract({ type: "object", additionalProperties: false, properties: { a: true } })
      .reader([])
      .read(batchOfTexts([text]))
      .failures.get(0)?.message,
  ).toBe('the record must NOT have additional properties: "__proto__"');
  expect(Object.keys(parseRecord(batchOfTexts([text]), 0) ?? {})).toEqual(["__proto__", "a"]);
  expect(
    valuesOf(
      createReader([{ pointer: "/__proto__/polluted", as: "boolean" }])
        .read(batchOfTexts([text]))
        .columns.get("boolean /__proto__/polluted"),
    ),
  ).toEqual([true]);
});

describe("what a contract says of its fields", () => {
  const contract = compileContract({
    type: "object",
    properties: {
      a: {
        type: "object",
        required: ["b"],
        properties: { b: { $ref: "#/$defs/positive" }, "c/d": { enum: ["x", null] } },
        additionalProperties: false,
      },
      n: { anyOf: [{ type: "number" }, { type: "null" }] },
      l: { type: "array", items: { type: "string" } },
      v: { type: "array", items: { $ref: "#/$defs/positive" }, minItems: 2, maxItems: 3 },
    },
    required: ["a", "z"],
    allOf: [{ properties: { n: { description: "a number" } } }],
    $defs: { positive: { type: "integer", minimum: 1 } },
  });

  test("lists them with types, parents first", () => {
    expect(contract.fields).toEqual([
      { pointer: "/a", types: ["object"], required: true },
      { pointer: "/a/b", types: ["integer"], required: true, minimum: 1 },
      { pointer: "/a/c~1d", types: ["string", "null"], required: false, enum: ["x", null] },
      { pointer: "/n", types: ["number", "null"], required: false, description: "a number" },
      { pointer: "/l", types: ["array"], required: false, items: ["string"] },
      { pointer: "/v", types: ["array"], required: false, items: ["integer"], minItems: 2, maxItems: 3 },
      { pointer: "/z", types: [], required: true },
    ]);
  });

  test("knows what it closes out", () => {
    expect(["/a/b", "/a/x", "/a/b/c", "/n", "/q/r", "/l/0"].map((p) => contract.allows(p))).toEqual([true, false, false, true, true, true]);
  });

  test("has a digest that does not depend on layout", () => {
    const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
    const a = compileContract({ type: "object", title: "x" }, { sha256 });
    const b = compileContract({ title: "x", type: "object" }, { sha256 });
    expect(a.digest).toBe(b.digest);
    expect(a.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(compileContract({ type: "object" }, { sha256 }).digest).not.toBe(a.digest);
    expect(contract.digest).toBeNull();
  });
});

test("every place of a bad schema is named at once", () => {
  const problems = schemaProblems({
    $schema: "http://json-schema.org/draft-07/schema#",
    properties: {
      a: { typ: "string" },
      b: { $ref: "https://example.org/b.json" },
      c: { $ref: "#/$defs/none" },
      d: { items: { pattern: "(" } },
    },
  });
  expect(problems.map((p) => `${p.code} ${p.where}`)).toEqual([
    "WEIR-2101 /$schema",
    "WEIR-2102 /properties/a/typ",
    "WEIR-2103 /properties/b/$ref",
    "WEIR-2103 /properties/c/$ref",
    "WEIR-2104 /properties/d/items/pattern",
  ]);
});

test.each([
  ["text", "WEIR-2101"],
  [{ type: "strin" }, "WEIR-2101"],
  [{ format: "no-such-format" }, "WEIR-2101"],
  [{ minimun: 3 }, "WEIR-2102"],
  [{ $ref: "other.json" }, "WEIR-2103"],
  [{ pattern: "^(?=a)" }, "WEIR-2104"],
  [{ patternProperties: { "(a)\\1": true } }, "WEIR-2104"],
  [JSON.parse('{"properties":{"__proto__":{"type":"string"}}}'), "WEIR-2101"],
])("%j is refused with %s", (schema, code) => {
  expect(thrownBy(() => compileContract(schema))?.problem.code).toBe(code);
});

test("requests are checked", () => {
  expect(thrownBy(() => createReader([{ pointer: "a", as: "number" }]))?.problem.code).toBe("WEIR-2105");
  expect(
    thrownBy(() =>
      createReader([
        { pointer: "/t", as: "time" },
        { pointer: "/t", as: "time", unit: "s" },
      ]),
    )?.problem.code,
  ).toBe("WEIR-2106");
  expect(
    thrownBy(() =>
      createReader([
        { pointer: "/v", as: "vector", width: 2 },
        { pointer: "/v", as: "vector", width: 3 },
      ]),
    )?.problem.code,
  ).toBe("WEIR-2108");
});
