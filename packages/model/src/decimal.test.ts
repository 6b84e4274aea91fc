import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NUMBER_MAX_BYTES, roundSix, writeNumber } from "./decimal.ts";

const bytes = new Uint8Array(64);
const decoder = new TextDecoder();
const textOf = (x: number): string => decoder.decode(bytes.subarray(0, writeNumber(x, bytes, 0)));
const expected = (x: number): number => Number(x.toPrecision(6)) + 0; // + 0: no negative zero

const score = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.float({ min: 0, max: 1, noNaN: true }),
  fc.tuple(fc.double({ min: 1, max: 10, noNaN: true }), fc.integer({ min: -25, max: 5 })).map(([m, e]) => m * 10 ** e),
  fc.tuple(fc.integer({ min: 0, max: 10_000_000 }), fc.integer({ min: 1, max: 20 })).map(([m, e]) => Number(`${m}e-${e}`)),
);
const any = fc.double({ noNaN: true, noDefaultInfinity: true });

describe("rounding to six digits", () => {
  it("is Number(x.toPrecision(6)) for scores", () => {
    fc.assert(
      fc.property(score, (x) => roundSix(x) === expected(x)),
      { numRuns: 20_000 },
    );
  });

  it("is Number(x.toPrecision(6)) for every finite number", () => {
    fc.assert(
      fc.property(any, (x) => Object.is(roundSix(x), expected(x))),
      { numRuns: 20_000 },
    );
  });

  it("is idempotent", () => {
    fc.assert(
      fc.property(score, (x) => roundSix(roundSix(x)) === roundSix(x)),
      { numRuns: 5_000 },
    );
  });

  it.each([
    [0.1171875, 0.117188],
    [0.9999995, 1],
    [0.99999949999, 0.999999],
    [0.09999999999999999, 0.1],
    [-0, 0],
    [1.0000001192092896, 1],
    [9.999999e-7, 0.000001],
    [123456.5, 123457],
    [-0.1171875, -0.117188],
  ])("%d becomes %d", (x, y) => {
    expect(Object.is(roundSix(x), y)).toBe(true);
  });
});

describe("numbers as text", () => {
  it("are the shortest text of the number, rounded or not", () => {
    fc.assert(
      fc.property(fc.oneof(score, any, score.map(roundSix)), (x) => textOf(x) === String(x)),
      { numRuns: 30_000 },
    );
  });

  it("read back as the very number of the column", () => {
    fc.assert(
      fc.property(score, (x) => JSON.parse(textOf(roundSix(x))) === roundSix(x)),
      { numRuns: 10_000 },
    );
  });

  it.each([
    [0, "0"],
    [-0, "0"],
    [1, "1"],
    [0.5, "0.5"],
    [0.000001, "0.000001"],
    [1e-7, "1e-7"],
    [1.2345e-7, "1.2345e-7"],
    [1e-12, "1e-12"],
    [0.0872923, "0.0872923"],
    [4e-17, "4e-17"],
  ])("%d is %s", (x, text) => expect(textOf(x)).toBe(text));

  it("stay within the named bound", () => {
    fc.assert(
      fc.property(any, (x) => writeNumber(x, bytes, 0) <= NUMBER_MAX_BYTES),
      { numRuns: 5_000 },
    );
  });
});
