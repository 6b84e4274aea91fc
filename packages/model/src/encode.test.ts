import { ABSENT, allRows, NULL, OTHER, PRESENT, type Column } from "@weir/record";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileEncoder } from "./encode.ts";
import { featureWidth, type Encode, type Feature } from "./manifest.ts";

const encoderFor = (...features: readonly (readonly [string, Encode])[]) => {
  const named: Feature[] = features.map(([field, encode]) => ({ name: field.slice(1), field, encode }));
  const width = named.reduce((sum, f) => sum + featureWidth(f.encode), 0);
  return compileEncoder({
    model: "m",
    version: "1",
    digest: "1d14b670".padEnd(64, "0"),
    input: { name: "x", datatype: "FP32", shape: [-1, width], features: named },
  });
};
const numbers = (values: readonly (number | number[])[], presence?: readonly number[]): Column => ({
  kind: "number",
  values: Float64Array.from(values as number[]),
  presence: Uint8Array.from(presence ?? values.map(() => PRESENT)),
});
const texts = (values: readonly (string | null)[]): Column => {
  const dictionary = [...new Set(values.filter((v): v is string => v !== null))];
  return {
    kind: "string",
    dictionary,
    codes: Int32Array.from(values, (v) => (v === null ? -1 : dictionary.indexOf(v))),
    presence: Uint8Array.from(values, (v) => (v === null ? NULL : PRESENT)),
  };
};

describe("the encoder", () => {
  it("asks once for each column that it reads", () => {
    const encoder = encoderFor(
      ["/a", { kind: "number", missing: "nan" }],
      ["/b", { kind: "map", map: { x: 1 }, unknown: -1, missing: "refuse" }],
      ["/t", { kind: "hour", offsetMinutes: 0, missing: "nan" }],
      ["/t", { kind: "weekday", offsetMinutes: 0, missing: "nan" }],
      ["/c", { kind: "bool", missing: "nan" }],
    );
    expect(encoder.requests).toEqual([
      { pointer: "/a", as: "number" },
      { pointer: "/b", as: "string" },
      { pointer: "/t", as: "time" },
      { pointer: "/c", as: "boolean" },
    ]);
    expect(encoder.width).toBe(5);
  });

  it("lets a missing number become NaN only where the manifest says so", () => {
    const column = numbers([1.5, NaN, NaN, NaN], [PRESENT, ABSENT, NULL, OTHER]);
    const into = new Float32Array(4);
    const lenient = encoderFor(["/a", { kind: "number", missing: "nan" }]).encode(new Map([["number /a", column]]), allRows(4), into, 0);
    expect([...lenient.rows]).toEqual([0, 1, 2]);
    expect([...into.subarray(0, 3)]).toEqual([1.5, NaN, NaN]);
    expect([...lenient.failures]).toEqual([
      [3, { class: "CONTRACT", message: "/a (feature a of m/1) has another type than the model takes", model: "m/1#1d14b670" }],
    ]);
    const strict = encoderFor(["/a", { kind: "number", missing: "refuse" }]).encode(new Map([["number /a", column]]), allRows(4), into, 0);
    expect([...strict.rows]).toEqual([0]);
    expect([...strict.failures.keys()]).toEqual([1, 2, 3]);
    expect(strict.failures.get(1)?.message).toContain("absent or null");
  });

  it("refuses what is no finite 32-bit number", () => {
    const column = numbers([Infinity, -Infinity, NaN, 1e39, -3.5e38, 3.4e38]);
    const into = new Float32Array(6);
    const encoding = encoderFor(["/a", { kind: "number", missing: "nan" }]).encode(new Map([["number /a", column]]), allRows(6), into, 0);
    expect([...encoding.rows]).toEqual([5]);
    expect(into[0]).toBe(Math.fround(3.4e38));
  });

  it("maps text by code, and text it does not know as the manifest says", () => {
    const column = texts(["UA", "??", null, "AA"]);
    const map = { AA: 1, UA: 11 };
    const into = new Float32Array(4);
    const open = encoderFor(["/c", { kind: "map", map, unknown: -1, missing: "nan" }]).encode(
      new Map([["string /c", column]]),
      allRows(4),
      into,
      0,
    );
    expect([...into]).toEqual([11, -1, NaN, 1]);
    expect(open.failures.size).toBe(0);
    const closed = encoderFor(["/c", { kind: "map", map, unknown: null, missing: "refuse" }]).encode(
      new Map([["string /c", column]]),
      allRows(4),
      into,
      0,
    );
    expect([...closed.rows]).toEqual([0, 3]);
    expect([...into.subarray(0, 2)]).toEqual([11, 1]);
    expect(closed.failures.get(1)?.message).toContain("category that the model does not know");
  });

  it("takes a category named like a member of every object for unknown", () => {
    const into = new Float32Array(1);
    encoderFor(["/c", { kind: "map", map: { AA: 1 }, unknown: -1, missing: "nan" }]).encode(
      new Map([["string /c", texts(["constructor"])]]),
      allRows(1),
      into,
      0,
    );
    expect([...into]).toEqual([-1]);
  });

  it("spreads categories over one number each", () => {
    const into = new Float32Array(16).fill(9);
    const encoder = encoderFor(
      ["/n", { kind: "number", missing: "nan" }],
      ["/c", { kind: "oneHot", categories: ["a", "b"], unknown: "zeros", missing: "nan" }],
    );
    encoder.encode(
      new Map([
        ["number /n", numbers([7, 7, 7, 7])],
        ["string /c", texts(["a", "b", "z", null])],
      ]),
      allRows(4),
      into,
      1,
    );
    expect([...into]).toEqual([9, 9, 9, 7, 1, 0, 7, 0, 1, 7, 0, 0, 7, NaN, NaN, 9]);
  });

  it("reads clocks: epoch, hour and weekday of a fixed offset", () => {
    const at = Date.parse("2013-02-08T03:30:00Z"); // a Friday; Thursday evening in New York
    const column = numbers([at, -1, Date.parse("1970-01-05T00:00:00Z")]);
    const into = new Float32Array(12);
    encoderFor(
      ["/t", { kind: "epoch", unit: "hours", sinceMs: Date.parse("2013-02-08T00:00:00Z"), missing: "nan" }],
      ["/t", { kind: "hour", offsetMinutes: -300, missing: "nan" }],
      ["/t", { kind: "weekday", offsetMinutes: -300, missing: "nan" }],
      ["/t", { kind: "weekday", offsetMinutes: 0, missing: "nan" }],
    ).encode(new Map([["time /t", column]]), allRows(3), into, 0);
    expect([...into.subarray(0, 4)]).toEqual([3.5, 22, 3, 4]);
    expect([...into.subarray(5, 8)]).toEqual([18, 2, 2]);
    expect([...into.subarray(9, 12)]).toEqual([19, 6, 0]);
  });

  it("writes true as 1 and false as 0", () => {
    const into = new Float32Array(2);
    const column: Column = { kind: "boolean", values: Uint8Array.of(1, 0), presence: Uint8Array.of(PRESENT, PRESENT) };
    encoderFor(["/b", { kind: "bool", missing: "refuse" }]).encode(new Map([["boolean /b", column]]), allRows(2), into, 0);
    expect([...into]).toEqual([1, 0]);
  });

  it("copies a vector among other features, and refuses what is none", () => {
    const column: Column = {
      kind: "vector",
      width: 2,
      values: Float32Array.of(1, 2, 9, 9, 9, 9, 7, 8),
      presence: Uint8Array.of(PRESENT, OTHER, ABSENT, PRESENT),
    };
    const columns = new Map([
      ["vector /v", column],
      ["number /a", numbers([10, 20, 30, 40])],
    ]);
    const encode = (missing: "nan" | "refuse") => {
      const encoder = encoderFor(["/a", { kind: "number", missing }], ["/v", { kind: "vector", width: 2, missing }]);
      const into = new Float32Array(12);
      const { rows, failures } = encoder.encode(columns, allRows(4), into, 0);
      return { rows: [...rows], said: [...failures.values()].map((f) => f.message), into: [...into.subarray(0, 3 * rows.length)] };
    };
    const none = "/v (feature v of m/1) is no array of as many finite 32-bit numbers as the model takes";
    expect(encode("refuse")).toEqual({
      rows: [0, 3],
      said: [none, "/v (feature v of m/1) is absent or null, which the model does not take"],
      into: [10, 1, 2, 40, 7, 8],
    });
    expect(encode("nan")).toEqual({ rows: [0, 2, 3], said: [none], into: [10, 1, 2, 30, NaN, NaN, 40, 7, 8] });
  });

  it("keeps only the first reason of a row", () => {
    const encoder = encoderFor(["/a", { kind: "number", missing: "refuse" }], ["/b", { kind: "number", missing: "refuse" }]);
    const columns = new Map([
      ["number /a", numbers([NaN, 1], [NULL, PRESENT])],
      ["number /b", numbers([NaN, NaN], [NULL, NULL])],
    ]);
    const encoding = encoder.encode(columns, allRows(2), new Float32Array(4), 0);
    expect([...encoding.failures].map(([row, f]) => `${row} ${f.message.slice(0, 2)}`)).toEqual(["0 /a", "1 /b"]);
    expect([...encoding.rows]).toEqual([]);
  });

  it("never leaves a refused row in the tensor, whatever the selection", () => {
    const encoder = encoderFor(["/a", { kind: "number", missing: "refuse" }], ["/b", { kind: "number", missing: "nan" }]);
    fc.assert(
      fc.property(fc.array(fc.record({ a: fc.option(fc.integer({ min: 0, max: 99 })), take: fc.boolean() }), { maxLength: 30 }), (rows) => {
        const columns = new Map([
          [
            "number /a",
            numbers(
              rows.map((r) => r.a ?? NaN),
              rows.map((r) => (r.a === null ? NULL : PRESENT)),
            ),
          ],
          ["number /b", numbers(rows.map((_, i) => i))],
        ]);
        const selection = Int32Array.from(rows.flatMap((r, i) => (r.take ? [i] : [])));
        const into = new Float32Array(2 * rows.length);
        const encoding = encoder.encode(columns, selection, into, 0);
        const good = [...selection].filter((i) => rows[i]?.a !== null);
        expect([...encoding.rows]).toEqual(good);
        expect([...into.subarray(0, 2 * good.length)]).toEqual(good.flatMap((i) => [rows[i]?.a, i]));
        expect([...encoding.failures.keys()]).toEqual([...selection].filter((i) => rows[i]?.a === null));
      }),
    );
  });
});
