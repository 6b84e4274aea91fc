import fc from "fast-check";
import { expect, test } from "vitest";
import { compilePattern } from "@weir/expr";
import { compileBytes, matchesBytes } from "./byte-pattern.ts";

function matches(source: string, text: string): boolean | null {
  const pattern = compileBytes(source);
  const bytes = new TextEncoder().encode(text);
  return pattern === null ? null : matchesBytes(pattern, bytes, 0, bytes.length);
}

const piece: fc.Arbitrary<string> = fc.letrec<{ piece: string }>((tie) => ({
  piece: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(
      "a",
      "b",
      "-",
      "0",
      ".",
      "\\.",
      "[ab]",
      "[^a]",
      "[a-c0-]",
      "\\d",
      "[\\d-]",
      "\\w",
      "\\D",
      "[^\\w]",
      "\\/",
      "\\{",
      "[.*]",
    ),
    fc.tuple(tie("piece"), fc.constantFrom("*", "+", "?", "{2}", "{1,}", "{0,2}", "*?", "??")).map(([p, q]) => `(?:${p})${q}`),
    fc.tuple(tie("piece"), tie("piece")).map(([a, b]) => `(${a}|${b})`),
    fc.tuple(tie("piece"), tie("piece")).map(([a, b]) => a + b),
  ),
})).piece;
const source = fc
  .array(
    fc.tuple(fc.constantFrom("^", ""), piece, fc.constantFrom("$", "")).map((parts) => parts.join("")),
    { minLength: 1, maxLength: 2 },
  )
  .map((alternatives) => alternatives.join("|"));

test("the table matches what the engine matches", () => {
  const texts = fc.array(
    fc.string({ unit: fc.constantFrom("a", "b", "c", "-", "0", ".", "/", "{", " ", "_") as fc.Arbitrary<string>, maxLength: 6 }),
    { maxLength: 8 },
  );
  let tooLarge = 0;
  fc.assert(
    fc.property(source, texts, (pattern, all) => {
      if (compileBytes(pattern) === null) tooLarge++;
      else for (const text of all) expect(matches(pattern, text), `${pattern} on ${text}`).toBe(compilePattern(pattern).test(text));
    }),
    { numRuns: 1500 },
  );
  // A table of more than 400 states is left to the engine; of patterns of this size few need one.
  expect(tooLarge).toBeLessThan(75);
});

test("flight ids", () => {
  const id = "^2013-[0-9]{2}-[0-9]{2}-(EWR|JFK|LGA)-[0-9A-Z]{2}-[0-9]{1,4}$";
  expect(
    ["2013-02-01-EWR-US-1117", "2013-02-01-LGA-9E-3", "2013-02-01-BOS-US-1", "2013-02-01-EWR-US-11175", ""].map((t) => matches(id, t)),
  ).toEqual([true, true, false, false, false]);
});

test("other characters than ASCII are left to the engine", () => {
  expect(matches("^.$", "é")).toBe(false);
});

test.each([
  "(?=a)",
  "(?<n>a)",
  "\\bx",
  "\\1",
  "\\s",
  "[[:alpha:]]",
  "[]",
  "é",
  "a**",
  "(a",
  "\\u0041",
  "a^b",
  "(^a)",
  "x{1001}",
  "((a{90}){90}){90}",
  "[b-a]",
])("%s is left to the engine", (pattern) => {
  expect(compileBytes(pattern)).toBeNull();
});
