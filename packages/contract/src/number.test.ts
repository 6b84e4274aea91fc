import fc from "fast-check";
import { expect, test } from "vitest";
import { NUMBER, scanNumber } from "./number.ts";

function read(text: string): { value: number | undefined; end: number } {
  const bytes = new TextEncoder().encode(`${text},`);
  NUMBER[0] = NaN;
  const end = scanNumber(bytes, 0, bytes.length - 1);
  return { value: NUMBER[0], end };
}

function expectExact(text: string): void {
  expect(read(text), text).toEqual({ value: Number(text), end: text.length });
}

/** The decimal text of a fraction with a power of two below the line, exactly. */
function exactText(numerator: bigint, halvings: number): string {
  const digits = (numerator * 5n ** BigInt(halvings)).toString().padStart(halvings + 1, "0");
  return halvings === 0 ? digits : `${digits.slice(0, -halvings)}.${digits.slice(-halvings)}`;
}

test("doubles in the text that they are printed as", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (v) => expectExact(JSON.stringify(v))),
    { numRuns: 5000 },
  );
  fc.assert(
    fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), (v) => expectExact(JSON.stringify(v))),
    { numRuns: 5000 },
  );
});

test("decimals of any length", () => {
  const decimal = fc.stringMatching(/^-?(?:0|[1-9][0-9]{0,19})(?:\.[0-9]{1,22})?(?:[eE][+-]?[0-9]{1,3})?$/);
  fc.assert(fc.property(decimal, expectExact), { numRuns: 5000 });
});

test("the middles between two doubles, and the numbers beside them", () => {
  const middle = fc.tuple(fc.bigInt({ min: 2n ** 52n, max: 2n ** 53n - 1n }), fc.nat(6)).map(([m, h]) => exactText(2n * m + 1n, h));
  fc.assert(
    fc.property(middle, fc.integer({ min: 0, max: 9 }), (text, digit) => {
      expectExact(text);
      expectExact(`${text}${text.includes(".") ? "" : "."}000${digit}`);
      expectExact(text.replace(/5$/, "4999"));
    }),
    { numRuns: 5000 },
  );
});

test.each(["-", "01", "-01", "1.", ".5", "1e", "1e+", "1.e3", "123456789012345678.", "00.5"])("%s is no number", (text) => {
  expect(read(text).end).toBe(-1);
});

test.each(["0", "-0", "-0.0", "-0.00000000000000000", "9007199254740993", "5e-324", "1e400", "-1E+400", "0.1e1", "1e-400"])(
  "%s",
  expectExact,
);
