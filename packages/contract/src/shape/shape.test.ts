import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf, PRESENT, type Batch, type Column } from "@weir/record";
import { boundsOf, readerOf } from "../reader.ts";
import type { FieldRequest } from "../request.ts";
import type { ReadResult } from "../result.ts";
import type { Schema } from "../schema.ts";
import { createValidator } from "../validator.ts";
import { learnShape } from "./learn.ts";
import { createShapeReader } from "./shape-reader.ts";
import { buildPlan } from "../plan.ts";
import { beginScan, createScan, scanRecord } from "../scan.ts";
import { beginTarget, createTarget } from "../target.ts";
import { valuesOf } from "../values.ts";

/** Batches large enough to be read by their shape are held to the exact path: same verdicts, same columns. */

const SCHEMA: Schema = {
  type: "object",
  properties: {
    id: { type: "string", minLength: 3, maxLength: 12 },
    amount: { type: ["number", "null"], minimum: -1000, maximum: 1e6 },
    step: { type: "number", multipleOf: 0.5, exclusiveMaximum: 100 },
    whole: { type: "integer" },
    at: { type: "integer" },
    when: { type: ["string", "null"], format: "date-time" },
    code: { type: "string", pattern: "^[a-z]+-[0-9]+$" },
    kind: { enum: ["A", "B"] },
    flag: { type: ["boolean", "null"] },
    note: { type: ["string", "null"] },
    pair: { type: ["array", "null"], items: { type: "number", minimum: -2000 }, minItems: 2, maxItems: 2 },
    steps: { type: "array", items: { type: "integer" } },
    place: {
      type: "object",
      properties: {
        country: { type: "string", maxLength: 3 },
        point: { type: "object", properties: { lat: { type: "number", minimum: -90 } }, required: ["lat"], additionalProperties: false },
      },
      required: ["country"],
    },
  },
  required: ["id", "amount"],
};
const REQUESTS: readonly FieldRequest[] = [
  { pointer: "/id", as: "slices" },
  { pointer: "/amount", as: "number" },
  { pointer: "/step", as: "number" },
  { pointer: "/whole", as: "number" },
  { pointer: "/at", as: "time", unit: "ms" },
  { pointer: "/at", as: "number" },
  { pointer: "/when", as: "time" },
  { pointer: "/when", as: "slices" },
  { pointer: "/code", as: "slices" },
  { pointer: "/kind", as: "string" },
  { pointer: "/flag", as: "boolean" },
  { pointer: "/note", as: "string" },
  { pointer: "/pair", as: "vector", width: 2 },
  { pointer: "/place/country", as: "string" },
  { pointer: "/place/point/lat", as: "number" },
  { pointer: "/prediction/confidence", as: "number" },
  { pointer: "", as: "unknown" },
];

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => JSON.stringify(n)),
  fc.integer().map(String),
  fc.tuple(fc.integer({ min: -2000, max: 2000 }), fc.nat(999_999)).map(([a, b]) => `${a}.${b}`),
  fc.constantFrom(
    "-0",
    "0",
    "00",
    "01",
    "1.",
    ".5",
    "-",
    "1e3",
    "1E-2",
    "1.0",
    "123456789012345",
    "1234567890123456",
    "0.1234567890123456",
  ),
);
const text = fc.oneof(
  fc.string({ maxLength: 40 }).map((t) => JSON.stringify(t)),
  fc.string({ unit: "grapheme", maxLength: 10 }).map((t) => JSON.stringify(t)),
  fc.constantFrom(
    '"ab-12"',
    '"x\\"y"',
    '"\\u0041"',
    '"',
    '"a',
    '"tab\there"',
    '"\u007f"',
    '"2013-02-08T05:00:00Z"',
    '"2016-12-31T23:59:60Z"',
  ),
);
const literal = fc.constantFrom(
  "null",
  "true",
  "false",
  "nul",
  "truE",
  "fals",
  "[]",
  "{}",
  "[1]",
  "[1,2]",
  "[1.5,]",
  "[,1]",
  "[1 ,2]",
  "[[1],2]",
  '["1",2]',
  '{"a":1}',
);
const anyValue = fc.oneof(number, text, literal);
const mostly = (usual: fc.Arbitrary<string>, rare: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 40, arbitrary: usual }, { weight: 1, arbitrary: rare });
const plainNumber = fc.tuple(fc.integer({ min: -2000, max: 2000 }), fc.nat(999_999)).map(([a, b]) => `${a}.${b}`);
const plainText = fc.stringMatching(/^[ -!#-Z^-~]{0,40}$/).map((t) => `"${t}"`);
/** At the end of an object. */
const odd = fc.constantFrom(" ", "}", ',"more":1', ',"a":1', ',"lat":2', ",", "\n", ',"deep":{"er":{"a":[1]}}', "]");
const MEMBERS: readonly (readonly [string, fc.Arbitrary<string>])[] = [
  ["id", fc.stringMatching(/^[a-z0-9]{3,12}$/).map((t) => JSON.stringify(t))],
  ["amount", fc.oneof(fc.constant("null"), fc.integer({ min: -1000, max: 100_000 }).map(String))],
  ["step", fc.integer({ min: -50, max: 199 }).map((n) => String(n / 2))],
  ["whole", fc.integer().map(String)],
  ["at", fc.integer({ min: 0, max: 2 ** 41 }).map(String)],
  ["when", fc.constantFrom('"2013-02-08T05:00:00Z"', '"2013-02-08T05:00:00.25+01:00"', "null")],
  ["code", fc.constantFrom('"ab-1"', '"z-99"')],
  ["kind", fc.constantFrom('"A"', '"B"')],
  ["flag", fc.constantFrom("true", "false", "null")],
  ["note", mostly(fc.oneof(plainText, fc.constant("null")), text)],
  [
    "pair",
    fc
      .tuple(mostly(plainNumber, number), mostly(fc.constantFrom("", " "), fc.constant("  ")), plainNumber)
      .map(([a, s, b]) => `[${a},${s}${b}]`),
  ],
  ["steps", fc.array(fc.integer(), { maxLength: 4 }).map((list) => JSON.stringify(list))],
  ["other", fc.constantFrom("1", "2.5", "-3")],
  [
    "place",
    fc
      .tuple(fc.constantFrom('"NL"', '"DE"'), fc.integer({ min: -89, max: 90 }), mostly(fc.constant(""), odd))
      .map(([country, lat, more]) => `{"country":${country},"point":{"lat":${lat}${more}}${more}}`),
  ],
  [
    "prediction",
    fc
      .tuple(mostly(plainNumber, number), mostly(plainText, text), mostly(fc.constant(""), odd))
      .map(([n, t, more]) => `{"label":"x","confidence":0.5,"scores":{"a": ${n}, "b\\u0041":{}${more}},"model":${t}${more}}`),
  ],
];

const member = ([name, usual]: (typeof MEMBERS)[number]): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.oneof({ weight: 200, arbitrary: usual }, { weight: 1, arbitrary: anyValue }),
      fc.oneof({ weight: 500, arbitrary: fc.constant(":") }, fc.constantFrom(": ", " :", ";")),
    )
    .map(([value, colon]) => `"${name}"${colon}${value}`);
const members = fc.tuple(...MEMBERS.map(member)).map((list) => `{${list.join(",")}}`);
const oddity = fc.oneof(
  { weight: 100, arbitrary: members },
  members.map((m) => m.slice(0, Math.floor(m.length / 2))),
  members.map((m) => `${m} `),
  members.map((m) => `${m}}`),
  members.map((m) => `{ ${m.slice(1)}`),
  members.map((m) => m.replace('"flag"', '"flap"')),
  members.map((m) => `${m.slice(0, -1)},"id":"abc"}`),
  members.map((m) => m.replace(/,"whole":[^,]*/, "")),
  members.map((m) => m.replace('"country"', '"county"')),
  members.map((m) => m.replace('"point":{', '"point":{ ')),
  fc.constantFrom("", "{}", "[]", "{", "null"),
);
/** One byte in some records is another: also what is no UTF-8. */
const damage = fc.option(fc.tuple(fc.nat(), fc.nat(255)), { freq: 30 }).map((hit) => (hit === null || hit[0] % 100 > 2 ? null : hit));
const rows = fc.array(
  fc.tuple(oddity, damage).map(([text, hit]) => {
    const bytes = new TextEncoder().encode(text);
    return hit === null ? bytes : bytes.map((b, i) => (i === hit[0] % bytes.length ? hit[1] : b));
  }),
  { minLength: 100, maxLength: 140 },
);

function batch(values: readonly (string | Uint8Array | null)[]): Batch {
  const encoder = new TextEncoder();
  return batchOf(
    { topic: "t", partition: 0 },
    values.map((value) => ({ key: encoder.encode("k"), value: typeof value === "string" ? encoder.encode(value) : value })),
  );
}

function plain(result: ReadResult): unknown {
  const columns = [...result.columns].map(([key, column]) => {
    switch (column.kind) {
      case "number":
        return [key, [...column.presence], [...new BigUint64Array(column.values.buffer)]];
      case "vector":
        return [key, [...column.presence], vectorsOf(column)];
      case "boolean":
        return [key, [...column.presence], [...column.values]];
      case "string":
        return [key, [...column.presence], [...column.codes].map((code) => column.dictionary[code] ?? null)];
      case "slices":
        return [
          key,
          [...column.presence],
          Array.from(
            column.length,
            (length, row) =>
              length < 0 ? null : Buffer.from(column.bytes.subarray(column.at[row], column.at[row]! + length)).toString("latin1"), // parallel
          ),
        ];
    }
  });
  return { columns, failures: [...result.failures] };
}

/** As bits, of the rows that have them. */
function vectorsOf({ values, width, presence }: Extract<Column, { kind: "vector" }>): unknown[] {
  return Array.from(presence, (p, row) =>
    p === PRESENT ? [...new Uint32Array(values.slice(row * width, (row + 1) * width).buffer)] : null,
  );
}

function readers(schema: Schema, requests: readonly FieldRequest[], maxBytes = 400) {
  const source = { ...boundsOf({ maxBytes }), schema, validator: schema === true ? null : createValidator(schema) };
  return { fast: readerOf(requests, source), exact: readerOf(requests, { ...source, exactly: true }) };
}

const NO_TIMES = REQUESTS.filter(({ as }) => as !== "time");

describe("records read by their shape are what the exact path reads", () => {
  test.each([
    ["with a contract", SCHEMA, REQUESTS],
    ["without one", true, REQUESTS],
    ["without one and without times", true, NO_TIMES],
  ] satisfies [string, Schema, readonly FieldRequest[]][])("%s", (_, schema, requests) => {
    fc.assert(
      fc.property(rows, (values) => {
        const { fast, exact } = readers(schema, requests); // new ones: readers remember what did not fit
        expect(plain(fast.read(batch(values)))).toEqual(plain(exact.read(batch(values))));
      }),
      { numRuns: 25 },
    );
  });

  test("numbers of every length, bit for bit", () => {
    const { fast, exact } = readers(true, [{ pointer: "/n", as: "number" }]);
    fc.assert(
      fc.property(fc.array(number, { minLength: 100, maxLength: 100 }), (texts) => {
        const values = [...Array.from({ length: 120 }, () => '{"n":1}'), ...texts.map((n) => `{"n":${n}}`)];
        expect(plain(fast.read(batch(values)))).toEqual(plain(exact.read(batch(values))));
      }),
      { numRuns: 20 },
    );
  });

  test("in batches of many pieces, with values that are null, too long or larger than a piece", () => {
    const { fast, exact } = readers(SCHEMA, REQUESTS, 250_000);
    const usual = '{"id":"abc","amount":1.5,"note":"x"}';
    const values: (string | null)[] = Array.from({ length: 1500 }, () => usual);
    values[700] = null;
    values[701] = "";
    values[900] = `{"id":"abc","amount":1.5,"note":"${"y".repeat(200_000)}"}`;
    values[1100] = `{"id":"abc","amount":1.5,"note":"${"z".repeat(250_000)}"}`;
    values[1499] = usual.slice(0, -2);
    expect(plain(fast.read(batch(values)))).toEqual(plain(exact.read(batch(values))));
  });
});

describe("arrays of numbers are read by their shape as the exact path reads them", () => {
  const WIDTH = 7;
  const usual = fc.tuple(fc.constantFrom("", "-"), fc.nat(9), fc.nat(99_999_999)).map(([sign, a, b]) => `${sign}${a}.${b}`);
  // Many digits; of some the nearest 32-bit float, or the middle between two of them, a little more or less.
  const long = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -9, max: 9 }).map((n) => n.toFixed(17)),
    fc
      .tuple(fc.float({ noNaN: true, noDefaultInfinity: true, min: 2, max: 4 }), fc.integer({ min: -2, max: 2 }))
      .map(([f, ulps]) => (f + 2 ** -23 + ulps * 2 ** -51).toFixed(16)),
  );
  const odd = fc.oneof(
    number,
    fc.constantFrom("null", '"1"', "[1]", "", " 1", "1 ", "- 1", "--1", "1.2.3", "1-2", "1e39", "3.5e38", "1e400"),
  );
  const items = fc.array(
    fc.oneof(
      { weight: 40, arbitrary: usual },
      { weight: 4, arbitrary: number },
      { weight: 4, arbitrary: long },
      { weight: 1, arbitrary: odd },
    ),
    {
      minLength: WIDTH,
      maxLength: WIDTH,
    },
  );
  const lengths = items.chain((list) =>
    fc.oneof(
      { weight: 12, arbitrary: fc.constant(list) },
      fc.nat(WIDTH).map((n) => list.slice(n)),
      fc.constant([...list, "1"]),
    ),
  );
  const array = fc.tuple(lengths, fc.constantFrom(",", ",", ",", ", ", " ,")).map(([list, comma]) => `[${list.join(comma)}]`);
  const records = fc
    .tuple(
      fc.array(fc.oneof({ weight: 20, arbitrary: array }, fc.constantFrom("null", "1", "[]", "[")), { minLength: 100, maxLength: 120 }),
      fc.boolean(),
    )
    .map(([lists, isLast]) => lists.map((list) => (isLast ? `{"id":"abc","v":${list}}` : `{"v":${list},"id":"abc"}`)));
  const v = { type: "array", items: { type: "number" }, minItems: WIDTH, maxItems: WIDTH };
  const wanted: readonly FieldRequest[] = [{ pointer: "/v", as: "vector", width: WIDTH }];
  test.each([
    ["of a fixed length", { type: "object", properties: { v }, required: ["v"] }, wanted],
    ["with bounds", { type: "object", properties: { v: { ...v, items: { type: "number", minimum: -5, maximum: 8 } } } }, wanted],
    ["of whole numbers", { type: "object", properties: { v: { ...v, items: { type: "integer" } } } }, wanted],
    ["of any length, or null", { type: "object", properties: { v: { type: ["array", "null"], items: { type: "number" } } } }, wanted],
    [
      "that the contract wants shorter than the model",
      { type: "object", properties: { v: { ...v, minItems: 0, maxItems: WIDTH - 1 } } },
      wanted,
    ],
    ["that nobody asks for", { type: "object", properties: { v } }, []],
    ["without a contract", true, wanted],
  ] satisfies [string, Schema, readonly FieldRequest[]][])("%s", (_, schema, requests) => {
    const { fast, exact } = readers(schema, requests);
    fc.assert(
      fc.property(records, (values) => {
        expect(plain(fast.read(batch(values)))).toEqual(plain(exact.read(batch(values))));
      }),
      { numRuns: 40 },
    );
  });

  test("and hardly any of usual ones are left to the scanner", () => {
    const target = createTarget(wanted[0]!, () => true); // there is one
    const plan = buildPlan({ type: "object", properties: { v } }, [target], null)!; // the schema is simple
    const values = Array.from(
      { length: 200 },
      (_, row) => `{"v":[${Array.from({ length: WIDTH }, (_n, i) => (row - i) / 64).join(", ")}]}`,
    );
    const scan = createScan(boundsOf({}));
    const read = valuesOf(batch(values));
    beginTarget(target, values.length);
    beginScan(scan, plan, read);
    expect([scanRecord(scan, plan, 0), scanRecord(scan, plan, 1)]).toEqual([true, true]);
    const shape = learnShape(scan, plan, 1)!; // it was read before
    const done = new Uint8Array(values.length);
    expect(createShapeReader(shape, plan, 400).read(read, { from: 0, to: values.length }, done)).toBe(0);
  });
});

test("records of a thousand members have a shape, too", () => {
  const names = Array.from({ length: 1000 }, (_, i) => `f${i}`);
  const schema: Schema = {
    type: "object",
    properties: Object.fromEntries(names.map((name) => [name, { type: "number" }])),
    required: names,
  };
  const requests = names.map((name): FieldRequest => ({ pointer: `/${name}`, as: "number" }));
  const values = Array.from({ length: 100 }, (_, row) => `{${names.map((name, i) => `"${name}":${row + i / 8}`).join(",")}}`);
  values[50] = values[50]!.replace('"f500":', '"f501":'); // there are a hundred
  const { fast, exact } = readers(schema, requests, 20_000);
  expect(plain(fast.read(batch(values)))).toEqual(plain(exact.read(batch(values))));
  const plan = buildPlan(
    schema,
    requests.map((request) => createTarget(request, () => true)),
    null,
  )!; // the schema is simple
  const scan = createScan(boundsOf({}));
  beginScan(scan, plan, valuesOf(batch(values.slice(0, 2))));
  expect([scanRecord(scan, plan, 0), scanRecord(scan, plan, 1), learnShape(scan, plan, 1)?.steps.length]).toEqual([true, true, 1000]);
});
