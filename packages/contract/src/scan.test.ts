import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf, PRESENT, type Batch, type Column } from "@weir/record";
import { compileContract } from "./contract.ts";
import { boundsOf, readerOf } from "./reader.ts";
import { columnKey, type FieldRequest } from "./request.ts";
import type { ReadResult } from "./result.ts";
import type { Schema } from "./schema.ts";
import { createValidator } from "./validator.ts";

/** The scanner is held to the exact path: same verdicts, same columns, whatever the bytes and whatever it has learned. */

const FLAT: Schema = {
  type: "object",
  properties: {
    id: { type: "string", pattern: "^[a-z]{1,3}-[0-9]+$" },
    n: { type: ["number", "null"], minimum: -1000, exclusiveMaximum: 1e6, multipleOf: 0.5 },
    i: { type: "integer" },
    t: { type: "string", format: "date-time" },
    s: { type: ["string", "null"], minLength: 1, maxLength: 4 },
    e: { enum: ["A", "B", null, 3, true] },
    b: { type: "boolean" },
    a: {},
    v: { type: ["array", "null"], items: { type: "number", minimum: -1000, maximum: 1e6 }, minItems: 3, maxItems: 3 },
  },
  required: ["id", "n"],
  additionalProperties: false,
};
const NESTED: Schema = {
  type: "object",
  properties: {
    id: { type: "string", minLength: 2 },
    n: { anyOf: [{ type: "number", exclusiveMinimum: 0 }, { type: "null" }] },
    a: { type: "object", properties: { n: { $ref: "#/$defs/small" }, s: { const: "x" } }, required: ["n"] },
    s: { type: "array", items: { type: "integer" }, maxItems: 3 },
    b: { $ref: "#/$defs/inner" },
    e: { oneOf: [{ type: "string" }, { type: "integer" }] },
    t: { type: "string", pattern: "a.c|\\u00e9" },
    i: { type: "string", format: "ipv4" },
    v: { type: "array", items: { $ref: "#/$defs/small" }, minItems: 2 },
    w: { type: "array", items: { exclusiveMinimum: 0, type: "number" }, maxItems: 4 },
  },
  required: ["id"],
  $defs: {
    small: { type: "integer", maximum: 9007199254740993 },
    inner: {
      type: "object",
      properties: { a: { type: "object", patternProperties: { "^n": { type: "number" } } } },
      additionalProperties: false,
    },
  },
};
const WHOLE: Schema = { type: "object", minProperties: 2, properties: { n: { type: "number" } } };

const REQUESTS: readonly FieldRequest[] = [
  { pointer: "/id", as: "slices" },
  { pointer: "/id", as: "string" },
  { pointer: "/n", as: "number" },
  { pointer: "/i", as: "number" },
  { pointer: "/s", as: "string" },
  { pointer: "/s", as: "slices" },
  { pointer: "/e", as: "string" },
  { pointer: "/e", as: "number" },
  { pointer: "/b", as: "boolean" },
  { pointer: "/a", as: "number" },
  { pointer: "/a", as: "slices" },
  { pointer: "/a/n", as: "number" },
  { pointer: "/a/s", as: "string" },
  { pointer: "/s/0", as: "number" },
  { pointer: "/v", as: "vector", width: 3 },
  { pointer: "/v", as: "slices" },
  { pointer: "/w", as: "vector", width: 2 },
  { pointer: "/__proto__", as: "string" },
  { pointer: "/b/a/n", as: "number" },
  { pointer: "/toString", as: "string" },
  { pointer: "/", as: "number" },
  { pointer: "/a~1b", as: "number" },
  { pointer: "/é", as: "string" },
  { pointer: "", as: "unknown" },
];
const TIMES: readonly FieldRequest[] = [...REQUESTS, { pointer: "/t", as: "time", unit: "s" }, { pointer: "/n", as: "time", unit: "ms" }];

const name = fc.constantFrom(
  '"id"',
  '"n"',
  '"i"',
  '"t"',
  '"s"',
  '"e"',
  '"b"',
  '"a"',
  '"id"',
  '"n"',
  '"v"',
  '"v"',
  '"w"',
  '"x"',
  '"__proto__"',
  '"toString"',
  '""',
  '"a/b"',
  '"é"',
  '"\\u006e"',
  '"0"',
);
const number = fc.oneof(
  fc
    .double()
    .filter(Number.isFinite)
    .map((v) => JSON.stringify(v)),
  fc.integer().map(String),
  fc.tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.nat(25)).map(([m, e]) => `${m}e-${e}`),
  fc.stringMatching(/^-?(?:0|[1-9][0-9]{0,19})(?:\.[0-9]{1,22})?(?:[eE][+-]?[0-9]{1,3})?$/),
  fc.constantFrom(
    "0",
    "-0",
    "-0.0",
    "1e400",
    "-1e400",
    "9007199254740993",
    "9007199254740992.5",
    "1.0",
    "1e2",
    "5e-324",
    "2.2250738585072011e-308",
    "0.1e1",
    "123456789012345678",
    "0.30000000000000004",
    "17.261699999999998",
    "01",
    "1.",
    ".5",
    "+1",
    "-",
    "1e",
    "NaN",
    "Infinity",
    "1e21",
    "0.5",
    "3",
    "0.25",
    "-1000",
    "-1000.5",
    "999999.5",
    "1000000",
    "7",
    "1.5",
  ),
);
const text = fc
  .oneof(
    fc.constantFrom(
      "A",
      "B",
      "ab-12",
      "x",
      "abc",
      "",
      "é",
      "a😀bc",
      "😀😀😀😀",
      "\\n",
      "\\u00e9",
      "\\ud83d\\ude00",
      "\\ud800",
      "\\udc00\\ud800",
      "\\x",
      "\\u12g4",
      "\t",
      "2013-02-01T10:00:00Z",
      "2013-02-29T10:00:00Z",
      "2012-02-29t10:00:00.123456z",
      "2016-12-31T23:59:60Z",
      "2016-12-31T23:59:61Z",
      "2013-02-01T10:00:00+05:30",
      "2013-02-01 10:00:00Z",
      "2013-02-01T10:00:00",
      "2013-02-01T24:00:00Z",
      "2017-01-01T05:29:60+05:30",
      "10.0.0.1",
      "2013-02-01T10:00:00+0530",
      "2013-02-01T10:00:00+05",
      "0000-01-01T00:00:00Z",
      "9999-12-31T23:59:59.999Z",
      "2013-02-01T10:00:00.Z",
    ),
    fc.stringMatching(/^[a-z]{1,4}-[0-9]{0,3}$/),
    fc.string({ unit: "binary", maxLength: 6 }).map((s) => JSON.stringify(s).slice(1, -1)),
  )
  .map((s) => `"${s}"`);
const space = fc.constantFrom("", "", "", "", " ", "\n  ", "\t\r");
const list = fc
  .array(fc.tuple(space, fc.oneof({ weight: 9, arbitrary: number }, text, fc.constantFrom("null", "[1]", "true", ""))), { maxLength: 4 })
  .map((items) => `[${items.map(([s, item]) => `${s}${item}${s}`).join(",")}]`);
const leaf = fc.oneof(
  list,
  { weight: 3, arbitrary: text },
  { weight: 3, arbitrary: number },
  fc.constantFrom("null", "true", "false", "nul", "True", "[]", "{}"),
);
const { value } = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    leaf,
    tie("object"),
    fc.array(tie("value"), { maxLength: 3 }).map((v) => `[${v.join(",")}]`),
  ),
  object: fc.array(fc.tuple(name, space, space, tie("value"), space), { maxLength: 5 }).map(join),
}));
const record = fc.oneof(
  fc.array(fc.tuple(name, space, space, fc.oneof({ weight: 3, arbitrary: leaf }, value), space), { maxLength: 9 }).map(join),
  fc.tuple(text, number, leaf, leaf, leaf).map(([id, n, s, e, t]) => `{"id":${id},"n":${n},"s":${s},"e":${e},"t":${t}}`),
  fc
    .tuple(fc.stringMatching(/^[a-z]{1,3}-[0-9]+$/), fc.integer({ min: -99, max: 99 }))
    .map(([id, n]) => `{"id": "${id}", "n": ${n}, "i": 7}`),
  fc.tuple(name, fc.oneof(leaf, value)).map(([n, v]) => `{"id":"ab-1","n":5,${n}:${v}}`),
  fc.tuple(number, number).map(([n, i]) => `{"id":"ab-1","n":${n},"i":${i}}`),
  value,
);

function join(members: readonly (readonly [string, string, string, string, string])[]): string {
  return `{${members.map(([n, a, b, v, c]) => `${a}${n}${b}:${a}${v}${c}`).join(",")}}`;
}

type Damage = (bytes: Uint8Array) => Uint8Array | null;
const damage: fc.Arbitrary<Damage> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Damage>((bytes) => bytes) },
  fc.nat().map(
    (at): Damage =>
      (bytes) =>
        bytes.slice(0, at % (bytes.length + 1)),
  ),
  fc.tuple(fc.nat(), fc.nat(255)).map(
    ([at, b]): Damage =>
      (bytes) =>
        bytes.map((old, i) => (i === at % bytes.length ? b : old)),
  ),
  fc.constantFrom<Damage>(
    (bytes) => Uint8Array.from([0xef, 0xbb, 0xbf, ...bytes]),
    (bytes) => Uint8Array.from([...bytes, 44]),
    () => null,
    () => new Uint8Array(0),
  ),
  fc.constantFrom(...[[0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xff], [0xe2, 0x82], [0xf0, 0x9f, 0x98, 0x80]]).map(
    (bad): Damage =>
      (bytes) =>
        Uint8Array.from([...bytes.slice(0, 9), ...bad, ...bytes.slice(9)]),
  ),
);
const values = fc.array(
  fc.tuple(record, damage).map(([r, d]) => d(new TextEncoder().encode(r))),
  { minLength: 1, maxLength: 12 },
);

function batch(rows: readonly (Uint8Array | null)[]): Batch {
  return batchOf(
    { topic: "t", partition: 0 },
    rows.map((row) => ({ value: row })),
  );
}

/** Columns as plain values: codes and ranges may differ, what they stand for may not. */
function plain(result: ReadResult): unknown {
  const columns = [...result.columns].map(([key, column]) => [key, [...column.presence], cells(column)]);
  return { columns, failures: [...result.failures] };
}

function cells(column: Column): unknown[] {
  switch (column.kind) {
    case "number":
      return [...new BigUint64Array(column.values.buffer)];
    case "boolean":
      return [...column.values];
    case "string":
      return [...column.codes].map((code) => (code < 0 ? null : column.dictionary[code]));
    case "slices":
      return [...column.length].map((length, row) =>
        length < 0 ? null : Buffer.from(column.bytes.buffer, column.bytes.byteOffset + column.at[row]!, length).toString("hex"),
      ); // parallel
    case "vector":
      return Array.from(column.presence, (presence, row) =>
        presence === PRESENT ? [...new Uint32Array(column.values.slice(row * column.width, (row + 1) * column.width).buffer)] : null,
      );
  }
}

function pair(schema: Schema, requests: readonly FieldRequest[], maxDepth = 5) {
  const source = { ...boundsOf({ maxDepth, maxBytes: 300 }), schema, validator: schema === true ? null : createValidator(schema) };
  return { fast: readerOf(requests, source), exact: readerOf(requests, { ...source, exactly: true }) };
}

describe("the scanner and the exact path agree on", () => {
  test.each([
    ["a flat, closed contract", FLAT, REQUESTS],
    ["a flat contract with times", FLAT, TIMES],
    ["a nested contract with parts for the validator", NESTED, REQUESTS],
    ["a contract whose outermost part is unusual", WHOLE, REQUESTS],
    ["no contract", true, REQUESTS],
    ["no contract, with times", true, TIMES],
    [
      "no contract, few fields",
      true,
      [
        { pointer: "/a/n", as: "number" },
        { pointer: "/s", as: "string" },
      ],
    ],
    ["records nested deeper than allowed", true, TIMES, 2],
  ] satisfies [string, Schema, readonly FieldRequest[], number?][])("%s", (_, schema, requests, maxDepth?: number) => {
    const { fast, exact } = pair(schema, requests, maxDepth);
    fc.assert(
      fc.property(values, (rows) => {
        expect(plain(fast.read(batch(rows)))).toEqual(plain(exact.read(batch(rows))));
      }),
      { numRuns: 400 },
    );
  });
});

test("numbers come out as Number(text) reads them, bit for bit", () => {
  const { fast } = pair(true, [{ pointer: "/n", as: "number" }]);
  fc.assert(
    fc.property(fc.array(number, { minLength: 1, maxLength: 50 }), (texts) => {
      const rows = texts.map((n) => new TextEncoder().encode(`{"n":${n}}`));
      const column = fast.read(batch(rows)).columns.get("number /n");
      const expected = texts.map((n) =>
        /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(n) && Number.isFinite(Number(n)) ? Number(n) : NaN,
      );
      expect(column?.kind === "number" ? [...column.values] : null).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

test("what was read ahead is handed out once, also to a batch that was stamped meanwhile", () => {
  const reader = compileContract(FLAT).reader(REQUESTS);
  const rows = batch([new TextEncoder().encode('{"id":"a-1","n":1}')]);
  const ahead = reader.readAhead(rows);
  expect(reader.read({ ...rows })).toBe(ahead);
  expect(reader.read(rows)).not.toBe(ahead);
  expect(reader.read(rows)).toEqual(ahead);
  expect([...reader.read(rows).columns.keys()]).toEqual(REQUESTS.map(columnKey));
});
