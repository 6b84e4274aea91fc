import avro from "avsc";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ABSENT, batchOf, NULL, OTHER, PRESENT, type Column } from "@weir/record";
import type { ReadFailure } from "../result.ts";
import { childPointer, columnKey, type FieldRequest } from "../request.ts";
import { compileAvroContract } from "./contract.ts";

/** A schema as JSON has it. */
type Json = string | readonly Json[] | { readonly [key: string]: unknown };
type Gen = <T>(arbitrary: () => fc.Arbitrary<T>) => T;

const RUNS = 300;
const SCALARS = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"];

describe("what avsc reads is what the columns say", () => {
  test("values of any schema, for contracts that differ in order, defaults, promotions and nulls", () => {
    fc.assert(
      fc.property(fc.gen(), (gen) => {
        const g: Gen = (arbitrary) => gen(arbitrary);
        const writer = recordOf(g, { next: 0 }, 0);
        const contract = changed(g, writer);
        const [from, to] = [typeOf(writer), typeOf(contract)];
        const bytes = from.toBuffer(valueOf(g, writer));
        const ours = readOurs(from, to, bytes);
        const theirs = readTheirs(from, to, bytes);
        expect(ours).toEqual({ failure: undefined, plain: theirs });
        expectColumns(contract, writer, bytes, theirs);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
  });

  test("bytes that are cut off, longer, or changed", () => {
    fc.assert(
      fc.property(fc.gen(), (gen) => {
        const g: Gen = (arbitrary) => gen(arbitrary);
        const writer = recordOf(g, { next: 0 }, 0);
        const type = typeOf(writer);
        const bytes = damaged(g, type.toBuffer(valueOf(g, writer)));
        const ours = readOurs(type, type, bytes);
        if (ours.failure === undefined) expect(ours.plain).toEqual(readTheirs(type, type, bytes));
        else if (!STRICTER.test(ours.failure.message)) expect(() => readTheirs(type, type, bytes)).toThrow(/./);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
  });
});

/** Longs are bigints: what does not fit into a double is not the library's to decide. */
const longType = avro.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(value);
    return buffer;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === "bigint",
  compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
});

function typeOf(schema: Json): avro.Type {
  return avro.Type.forSchema(schema as avro.Schema, { registry: { long: longType }, wrapUnions: true, noAnonymousTypes: false });
}

function recordOf(g: Gen, names: { next: number }, depth: number): { readonly [key: string]: unknown } {
  const count = g(() => fc.integer({ min: depth === 0 ? 1 : 0, max: depth === 0 ? 6 : 2 }));
  const name = `r${names.next++}`;
  const fields = Array.from({ length: count }, (_, i) => ({ name: `f${i}`, type: anyType(g, names, depth + 1) }));
  return { type: "record", name, fields };
}

function anyType(g: Gen, names: { next: number }, depth: number): Json {
  const kind = g(() => fc.integer({ min: 0, max: depth > 2 ? 9 : 14 }));
  if (kind < SCALARS.length) return SCALARS[kind]!; // below
  if (kind === 8) return { type: "enum", name: `e${names.next++}`, symbols: ["A", "B", "C"] };
  if (kind === 9) return { type: "fixed", name: `x${names.next++}`, size: g(() => fc.integer({ min: 0, max: 3 })) };
  if (kind === 10) return { type: "array", items: anyType(g, names, depth + 1) };
  if (kind === 11) return { type: "map", values: anyType(g, names, depth + 1) };
  if (kind === 12) return recordOf(g, names, depth);
  const others = g(() => fc.uniqueArray(fc.constantFrom("boolean", "long", "double", "string"), { minLength: 1, maxLength: 3 }));
  return g(() => fc.boolean()) ? ["null", ...others] : [...others, "null"];
}

/** What the contract may have instead: what Avro resolves, but for whole numbers that avsc does not round as they are written (avro.test.ts). */
function changed(g: Gen, schema: { readonly [key: string]: unknown }): { readonly [key: string]: unknown } {
  const fields = (schema["fields"] as { name: string; type: Json }[])
    .filter(() => g(() => fc.integer({ min: 0, max: 5 })) > 0)
    .map(({ name, type }) => ({ name, type: changedType(g, type) }));
  const more = g(() => fc.integer({ min: 0, max: 3 })) === 0 ? [{ name: "added", type: ["null", "double"], default: null }, { name: "flag", type: "boolean", default: true }] : []; // prettier-ignore
  return { ...schema, fields: g(() => fc.shuffledSubarray([...fields, ...more], { minLength: fields.length + more.length })) };
}

function changedType(g: Gen, type: Json): Json {
  const pick = g(() => fc.integer({ min: 0, max: 3 }));
  if (typeof type !== "string") {
    if (Array.isArray(type) || pick > 0) return type;
    return (type as { type: string }).type === "record" ? changed(g, type as { readonly [key: string]: unknown }) : ["null", type];
  }
  if (pick === 0 && type !== "null") return ["null", type];
  if (pick === 1 && type === "int") return g(() => fc.constantFrom("long", "double"));
  if (pick === 1 && type === "float") return "double";
  return type;
}

function valueOf(g: Gen, schema: Json): unknown {
  if (Array.isArray(schema)) {
    const branch = schema[g(() => fc.integer({ min: 0, max: schema.length - 1 }))] as string;
    return branch === "null" ? null : { [branch]: valueOf(g, branch) };
  }
  if (typeof schema === "string") return scalarOf(g, schema);
  const { type, fields, items, values, size } = schema as { type: string; fields: { name: string; type: Json }[]; items: Json; values: Json; size: number }; // prettier-ignore
  switch (type) {
    case "record":
      return Object.fromEntries(fields.map((field) => [field.name, valueOf(g, field.type)]));
    case "enum":
      return g(() => fc.constantFrom("A", "B", "C"));
    case "fixed":
      return Buffer.from(g(() => fc.uint8Array({ minLength: size, maxLength: size })));
    case "array":
      return Array.from({ length: g(() => fc.integer({ min: 0, max: 3 })) }, () => valueOf(g, items));
    default:
      return Object.fromEntries(g(() => fc.uniqueArray(fc.string({ maxLength: 3 }).filter((k) => k !== "__proto__"), { maxLength: 3 })).map((key) => [key, valueOf(g, values)])); // prettier-ignore
  }
}

function scalarOf(g: Gen, kind: string): unknown {
  switch (kind) {
    case "null":
      return null;
    case "boolean":
      return g(() => fc.boolean());
    case "int":
      return g(() => fc.oneof(fc.integer({ min: -70, max: 70 }), fc.integer()));
    case "long":
      return g(() => fc.oneof(fc.bigInt({ min: -70n, max: 70n }), fc.bigInt({ min: -(2n ** 54n), max: 2n ** 54n }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))); // prettier-ignore
    case "float":
      return g(() => fc.float());
    case "double":
      return g(() => fc.double());
    case "bytes":
      return Buffer.from(g(() => fc.uint8Array({ maxLength: 5 })));
    default:
      return g(() => fc.string({ unit: "binary", maxLength: 6 }));
  }
}

function damaged(g: Gen, bytes: Buffer): Buffer {
  const at = g(() => fc.integer({ min: 0, max: bytes.length }));
  const some = Buffer.from(g(() => fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 12 }), fc.constant(new Uint8Array(11).fill(255)))));
  const way = g(() => fc.integer({ min: 0, max: 3 }));
  if (way === 0) return bytes.subarray(0, at);
  if (way === 1) return Buffer.concat([bytes, some]);
  return Buffer.concat([bytes.subarray(0, at), some, bytes.subarray(way === 2 ? at : at + some.length)]);
}

/** Bytes that Avro does not have and avsc takes, some of them for hours. */
const STRICTER = /UTF-8|a byte of 0 or 1|is no (?:int|long)|take no bytes|its length|union has no|enum has no|number of items/;

function readOurs(from: avro.Type, to: avro.Type, bytes: Uint8Array): { failure: ReadFailure | undefined; plain: unknown } {
  const contract = compileAvroContract(JSON.stringify(to.schema({ exportAttrs: true })));
  contract.writers?.learn(1, [JSON.stringify(from.schema({ exportAttrs: true }))]);
  const batch = batchOf({ topic: "t", partition: 0 }, [{ value: framed(bytes) }]);
  const failure = contract.reader([]).read(batch).failures.get(0);
  return { failure, plain: failure === undefined ? contract.parse(batch, 0) : undefined };
}

function readTheirs(from: avro.Type, to: avro.Type, bytes: Uint8Array): unknown {
  return plainOf(to, to.fromBuffer(Buffer.from(bytes), to.createResolver(from)));
}

function framed(body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from([0, 0, 0, 0, 1]), body]);
}

/** What avsc gives, as JSON would have it: unions are their values, longs the nearest doubles, bytes base64. */
function plainOf(type: avro.Type, value: unknown): unknown {
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (avro.Type.isType(type, "union")) {
    const [[name, inner] = ["", null]] = Object.entries(value as object);
    const branch = (type as avro.types.WrappedUnionType).types.find((t) => (t.name ?? t.typeName) === name)!; // it wrote it
    return plainOf(branch, inner);
  }
  if (Array.isArray(value)) return value.map((item) => plainOf((type as avro.types.ArrayType).itemsType, item));
  if (avro.Type.isType(type, "map")) {
    return Object.fromEntries(
      Object.entries(value as object).map(([key, v]) => [key, plainOf((type as avro.types.MapType).valuesType, v)]),
    );
  }
  const { fields } = type as avro.types.RecordType;
  return Object.fromEntries(fields.map((field) => [field.name, plainOf(field.type, Reflect.get(value as object, field.name))]));
}

const KINDS = ["number", "string", "boolean", "slices"] as const;

/** Every column of every place says what the plain value has there. */
function expectColumns(contract: Json, writer: Json, bytes: Uint8Array, value: unknown): void {
  const compiled = compileAvroContract(JSON.stringify(contract));
  compiled.writers?.learn(1, [JSON.stringify(writer)]);
  const places = placesIn(value, "");
  const requests = places.flatMap(([pointer]) => KINDS.map((as): FieldRequest => ({ pointer, as })));
  const batch = batchOf({ topic: "t", partition: 0 }, [{ value: framed(bytes) }, { value: framed(bytes) }]);
  const { columns } = compiled.reader(requests).read(batch);
  for (const [pointer, there] of places) {
    for (const as of KINDS) {
      const column = columns.get(columnKey({ pointer, as }))!; // one for each request
      expect([pointer, as, told(column)]).toEqual([pointer, as, expected(as, there)]);
    }
  }
}

function placesIn(value: unknown, pointer: string): readonly (readonly [string, unknown])[] {
  const own: readonly (readonly [string, unknown])[] = [[pointer, value], [childPointer(pointer, "nothing"), undefined]]; // prettier-ignore
  if (typeof value !== "object" || value === null) return own;
  return [...own, ...Object.entries(value).flatMap(([name, inner]) => placesIn(inner, childPointer(pointer, name)))];
}

/** Of the second row: the first must not be in its way. */
function told(column: Column): unknown {
  const presence = column.presence[1];
  if (presence !== PRESENT) return { presence };
  if (column.kind === "number" || column.kind === "boolean") return { presence, value: Number(column.values[1]) };
  if (column.kind === "string") return { presence, value: column.dictionary[column.codes[1]!] }; // present
  if (column.kind === "vector") throw new Error("none was asked for");
  return { presence, value: Buffer.from(column.bytes).toString("utf8", column.at[1]!, column.at[1]! + column.length[1]!) }; // present
}

function expected(as: (typeof KINDS)[number], value: unknown): unknown {
  if (value === undefined) return { presence: ABSENT };
  if (value === null) return { presence: NULL };
  const wanted = as === "slices" ? "string" : as;
  const isThere = typeof value === wanted && (typeof value !== "number" || Number.isFinite(value));
  return isThere ? { presence: PRESENT, value: as === "boolean" ? Number(value) : value } : { presence: OTHER };
}
