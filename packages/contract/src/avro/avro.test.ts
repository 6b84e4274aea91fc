import avro from "avsc";
import { describe, expect, test } from "vitest";
import { ABSENT, batchOf, NULL, OTHER, PRESENT, WeirError, type Batch, type Column } from "@weir/record";
import type { Contract } from "../contract.ts";
import { columnKey, type FieldRequest } from "../request.ts";
import { compileAvroContract } from "./contract.ts";
import { schemaIdsIn } from "./writers.ts";

type Json = { readonly [key: string]: unknown };

const record = (fields: readonly Json[], more: Json = {}): string => JSON.stringify({ type: "record", name: "Payment", ...more, fields });
const PAYMENT = record([
  { name: "id", type: "string" },
  { name: "amount", type: "double" },
  { name: "at", type: { type: "long", logicalType: "timestamp-micros" } },
  { name: "kind", type: { type: "enum", name: "Kind", symbols: ["CARD", "CASH"] } },
]);

function contractWith(contract: string, writer: string): Contract {
  const compiled = compileAvroContract(contract);
  compiled.writers?.learn(7, [writer]);
  return compiled;
}

function framed(body: Uint8Array, id = 7): Uint8Array {
  return Buffer.concat([Buffer.from([0, 0, 0, 0, id]), body]);
}

function written(schema: string, value: unknown): Uint8Array {
  return framed(avro.Type.forSchema(JSON.parse(schema) as avro.Schema, { wrapUnions: true }).toBuffer(value));
}

const batchOfValues = (...values: (Uint8Array | null)[]): Batch => batchOf({ topic: "t", partition: 0 }, values.map((value) => ({ value }))); // prettier-ignore

function readOne(
  contract: Contract,
  value: Uint8Array | null,
  ...requests: FieldRequest[]
): { failure: unknown; columns: readonly Column[] } {
  const { columns, failures } = contract.reader(requests).read(batchOfValues(value));
  return { failure: failures.get(0) ?? null, columns: [...columns.values()] };
}

const AT: FieldRequest = { pointer: "/at", as: "time" };

describe("framing and bytes that are none", () => {
  const contract = contractWith(PAYMENT, PAYMENT);
  const good = written(PAYMENT, { id: "a", amount: 1.5, at: 1_700_000_000_123_456, kind: "CASH" });

  test.each<[string, Uint8Array | null, string]>([
    ["a tombstone", null, "the value is null (a tombstone)"],
    ["less than five bytes", good.subarray(0, 4), "the value has 4 bytes, less than the 5 of Confluent's framing"],
    ["JSON", Buffer.from('{"id": 1}'), "the value begins with byte 123 instead of 0: it has not Confluent's framing"],
    ["cut off", good.subarray(0, -1), "the value is not what its schema says: /kind: the enum has no symbol like this"],
    ["a byte too many", Buffer.concat([good, Buffer.from([0])]), "the value is not what its schema says: 1 bytes follow the record"],
    ["text that is not UTF-8", framed(Buffer.from([2, 255])), "the value is not what its schema says: /id: the text is not UTF-8"],
    [
      "a length of 11 bytes",
      framed(Buffer.alloc(11, 255)),
      "the value is not what its schema says: /id: its length is none, or more than what is left",
    ],
  ])("%s is no Avro", (_, value, message) => {
    const { failure, columns } = readOne(contract, value, { pointer: "/amount", as: "number" });
    expect(failure).toEqual({ class: "DECODE", message, violations: [] });
    expect(columns[0]?.presence[0]).toBe(ABSENT);
  });

  test("a schema that the registry does not have refuses its records, until it has it", () => {
    contract.writers?.refuse(9, "the registry does not know it", false);
    const value = framed(good.subarray(5), 9);
    const reader = contract.reader([]);
    const message = "schema 9 of the registry: the registry does not know it";
    expect(reader.read(batchOfValues(value)).failures.get(0)).toEqual({ class: "DECODE", message, violations: [], retriable: true });
    contract.writers?.learn(9, [PAYMENT]);
    expect(reader.read(batchOfValues(value)).failures.size).toBe(0);
  });

  test("the ids of a batch are those of its framed values", () => {
    expect([...schemaIdsIn(batchOfValues(good, null, framed(good, 9), Buffer.from("{}"), good))]).toEqual([7, 9]);
  });

  test("records in one another are bounded by depth", () => {
    const list = record([{ name: "next", type: ["null", "Payment"] }]);
    const deep = contractWith(list, list);
    const nested = (depth: number): Uint8Array => framed(Buffer.concat([Buffer.alloc(depth, 2), Buffer.from([0])]));
    expect(readOne(deep, nested(63)).failure).toBeNull();
    expect(readOne(deep, nested(100_000)).failure).toMatchObject({
      class: "DECODE",
      message: expect.stringMatching(/nested deeper than 64$/),
    });
  });
});

describe("what the contract forbids", () => {
  test.each<[string, string, string, unknown, Json]>([
    [
      "a field without a default that the writer lacks",
      record([{ name: "amount", type: "double" }]),
      record([]),
      {},
      { pointer: "/amount", keyword: "required" },
    ],
    [
      "a type that is not promoted",
      record([{ name: "amount", type: "int" }]),
      record([{ name: "amount", type: "string" }]),
      { amount: "1" },
      { pointer: "/amount", keyword: "type", message: "must be int, not string" },
    ],
    [
      "null where it may not be",
      record([{ name: "amount", type: "int" }]),
      record([{ name: "amount", type: ["null", "int"] }]),
      { amount: null },
      { pointer: "/amount", keyword: "type", message: "must be int, not null" },
    ],
    [
      "a symbol of the writer alone",
      record([{ name: "k", type: { type: "enum", name: "K", symbols: ["A"] } }]),
      record([{ name: "k", type: { type: "enum", name: "K", symbols: ["A", "B"] } }]),
      { k: "B" },
      { pointer: "/k", keyword: "enum" },
    ],
    [
      "a record of another name",
      PAYMENT,
      record([], { name: "Refund" }),
      {},
      { pointer: "", keyword: "type", message: "must be record Payment, not record Refund" },
    ],
    [
      "a time in another unit",
      record([{ name: "at", type: { type: "long", logicalType: "timestamp-micros" } }]),
      record([{ name: "at", type: { type: "long", logicalType: "timestamp-millis" } }]),
      { at: 1 },
      { pointer: "/at", keyword: "type", message: "must be long (timestamp-micros), not long (timestamp-millis)" },
    ],
  ])("%s", (_, contract, writer, value, violation) => {
    expect(readOne(contractWith(contract, writer), written(writer, value)).failure).toMatchObject({
      class: "CONTRACT",
      violations: [violation],
    });
  });

  test("the other fields of such a record can still be read", () => {
    const contract = record([
      { name: "amount", type: "int" },
      { name: "n", type: "int" },
    ]);
    const writer = record([
      { name: "amount", type: "string" },
      { name: "n", type: "int" },
    ]);
    const { failure, columns } = readOne(contractWith(contract, writer), written(writer, { amount: "1", n: 5 }), { pointer: "/n", as: "number" }); // prettier-ignore
    expect([failure, columns[0]]).toMatchObject([{ class: "CONTRACT" }, { values: Float64Array.of(5) }]);
  });
});

describe("columns", () => {
  test.each<[string, number, number]>([
    ["timestamp-millis", 1_700_000_000_123, 1_700_000_000_123],
    ["timestamp-micros", 1_700_000_000_123_456, 1_700_000_000_123],
    ["timestamp-micros", -1, -1],
    ["timestamp-nanos", 1_700_000_000_123_456, 1_700_000_000],
  ])("%s is a time by itself", (logicalType, value, ms) => {
    const schema = record([{ name: "at", type: ["null", { type: "long", logicalType }] }]);
    const contract = contractWith(schema, schema);
    expect(readOne(contract, written(schema, { at: { long: value } }), AT).columns[0]).toMatchObject({ values: Float64Array.of(ms) });
    expect(contract.field("/at")).toMatchObject({ types: ["integer", "null"], isTime: true });
  });

  test("a number without a unit is no time", () => {
    const schema = record([{ name: "at", type: "long" }]);
    const { failure, columns } = readOne(contractWith(schema, schema), written(schema, { at: 1 }), AT);
    expect([failure, columns[0]?.presence[0]]).toMatchObject([{ class: "CONTRACT", violations: [{ keyword: "time" }] }, OTHER]);
  });

  test("whole numbers beyond 2^53 become the nearest double, and floats of the contract have 32 bits", () => {
    const [long, float] = [record([{ name: "n", type: "long" }]), record([{ name: "n", type: "float" }])];
    const body = Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]); // -2^63
    const odd = Buffer.from([0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20]); // 2^53 + 1
    const n: FieldRequest = { pointer: "/n", as: "number" };
    const read = (contract: string, bytes: Uint8Array): unknown => readOne(contractWith(contract, long), framed(bytes), n).columns[0];
    expect(read(long, body)).toMatchObject({ values: Float64Array.of(-(2 ** 63)) });
    expect(read(long, odd)).toMatchObject({ values: Float64Array.of(2 ** 53) });
    expect(read(float, Buffer.from([0x82, 0x80, 0x80, 0x10]))).toMatchObject({ values: Float64Array.of(2 ** 24) }); // 2^24 + 1
  });

  test("fields that the contract does not know are named", () => {
    const contract = record([{ name: "a", type: "int", aliases: ["old"] }]);
    const writer = record([
      { name: "z", type: "int" },
      { name: "old", type: "int" },
      { name: "b", type: "int" },
    ]);
    const requests: FieldRequest[] = [
      { pointer: "", as: "unknown" },
      { pointer: "/a", as: "number" },
    ];
    const { columns, failure } = readOne(contractWith(contract, writer), written(writer, { z: 1, old: 2, b: 3 }), ...requests);
    expect([failure, ...columns]).toMatchObject([null, { dictionary: ['["b","z"]'] }, { values: Float64Array.of(2) }]);
  });

  test.each<[string, unknown, readonly (number | null)[], number[] | null]>([
    ["as many numbers as the model takes", "double", [1.5, -2, 0.1], [1.5, -2, Math.fround(0.1)]],
    ["whole ones", "int", [1, 2, 3], [1, 2, 3]],
    ["too few", "double", [1, 2], null],
    ["too many", "double", [1, 2, 3, 4], null],
    ["one that is no number", ["null", "double"], [1, null, 3], null],
    ["one that 32 bits do not hold", "double", [1, 1e39, 3], null],
  ])("an array is one column: %s", (_, items, given, expected) => {
    const schema = record([{ name: "pixels", type: { type: "array", items } }]);
    const contract = contractWith(schema, schema);
    const wrapped = given.map((n) => (Array.isArray(items) && n !== null ? { double: n } : n));
    const value = written(schema, { pixels: wrapped });
    const vector: FieldRequest = { pointer: "/pixels", as: "vector", width: 3 };
    const second: FieldRequest = { pointer: "/pixels/1", as: "number" };
    const { columns } = contract.reader([vector, second]).read(batchOfValues(value, value));
    const column = columns.get(columnKey(vector));
    if (column?.kind !== "vector") throw new Error("no column of vectors");
    expect([...column.presence]).toEqual(expected === null ? [OTHER, OTHER] : [PRESENT, PRESENT]);
    if (expected !== null) expect([...column.values]).toEqual([...expected, ...expected]);
    expect(columns.get(columnKey(second))).toMatchObject({
      presence: Uint8Array.of(...[given[1], given[1]].map((n) => (n === null ? NULL : PRESENT))),
    });
  });

  test("defaults stand where the writer has nothing", () => {
    const contract = record([
      { name: "x", type: ["null", "double"], default: null },
      { name: "s", type: "string", default: "none" },
      { name: "at", type: { type: "long", logicalType: "timestamp-micros" }, default: 5000 },
    ]);
    const requests: FieldRequest[] = [{ pointer: "/x", as: "number" }, { pointer: "/s", as: "slices" }, AT]; // prettier-ignore
    const { columns, failure } = readOne(contractWith(contract, record([])), framed(Buffer.alloc(0)), ...requests);
    expect([failure, columns[0]?.presence[0], columns[1]?.presence[0]]).toEqual([null, 2, PRESENT]);
    expect(columns[2]).toMatchObject({ values: Float64Array.of(5) });
  });

  test("a prediction that travels in the header is a member of the record", () => {
    const contract = contractWith(PAYMENT, PAYMENT).withMembers({ prediction: { type: "object" } });
    const value = written(PAYMENT, { id: "a", amount: 1.5, at: 0, kind: "CASH" });
    const headers = [{ key: "weir.prediction", value: Buffer.from('{"label":"late","confidence":0.75}') }];
    const batch = batchOf({ topic: "t", partition: 0 }, [{ value, headers }, { value }]);
    const requests: FieldRequest[] = [{ pointer: "/prediction/confidence", as: "number" }, { pointer: "/amount", as: "number" }]; // prettier-ignore
    const { columns, failures } = contract.unchecked(requests).read(batch);
    expect(failures.size).toBe(0);
    expect(columns.get("number /prediction/confidence")).toMatchObject({
      values: Float64Array.of(0.75, NaN),
      presence: Uint8Array.of(PRESENT, ABSENT),
    });
    expect(columns.get("number /amount")).toMatchObject({ values: Float64Array.of(1.5, 1.5) });
    expect(contract.parse(batch, 0)).toEqual({
      id: "a",
      amount: 1.5,
      at: 0,
      kind: "CASH",
      prediction: { label: "late", confidence: 0.75 },
    });
  });
});

describe("contracts that cannot be used", () => {
  test.each<[string, string, RegExp]>([
    ["no JSON", "{", /it is not JSON/],
    ["no record", '"string"', /a contract is a record, not string/],
    ["an unknown type", record([{ name: "a", type: "Money" }]), /there is no type "Money"/],
    ["a default of another type", record([{ name: "a", type: "int", default: "1" }]), /field a of Payment[^]*the default "1" is no int/],
    [
      "two fields of one name",
      record([
        { name: "a", type: "int" },
        { name: "a", type: "int" },
      ]),
      /has two fields a/,
    ],
    ["a field __proto__", record([{ name: "__proto__", type: "int" }]), /is no name of a field/],
    ["a union in a union", record([{ name: "a", type: ["null", ["int"]] }]), /a union has no union in it/],
  ])("%s", (_, schema, message) => {
    expect(() => compileAvroContract(schema)).toThrow(WeirError);
    expect(() => compileAvroContract(schema)).toThrow(message);
  });
});
