import fc from "fast-check";
import { expect, test } from "vitest";
import { itemsOfArray, textOfJson, valueInJson, walkJson } from "./json-text.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const walk = (text: string | Uint8Array, maxDepth = 64) => {
  const data = typeof text === "string" ? bytes(text) : text;
  return walkJson(data, 0, data.length, maxDepth);
};

test("whatever JSON prints is walked over to its end, and nothing is found wrong", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), (text) => {
      expect(walk(text)).toEqual({ from: 0, to: bytes(text).length, fault: null });
    }),
  );
});

test("a text with one byte changed is refused exactly when JSON.parse refuses it", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), fc.nat(), fc.integer({ min: 32, max: 126 }), (text, place, c) => {
      const changed = bytes(text);
      changed[place % changed.length] = c;
      const parsed = ((): boolean => {
        try {
          JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(changed));
          return true;
        } catch {
          return false;
        }
      })();
      const found = walk(changed);
      const whole = found.fault?.kind !== "syntax" && bytes(new TextDecoder().decode(changed.subarray(found.to)).trim()).length === 0;
      expect(whole).toBe(parsed);
    }),
  );
});

test.each([
  ['{"a":1', "syntax", 6],
  ['{"a":NaN}', "syntax", 5],
  ['{"a":1,}', "syntax", 7],
  ["{'a':1}", "syntax", 1],
  ['{"a":01}', "syntax", 6],
  ['{"a":"\u0001"}', "syntax", 5],
  ["", "syntax", 0],
  ['{"a":{"b":1,"b":2}}', "duplicate", 12],
  ['{"a":1,"\\u0061":2}', "duplicate", 7],
  ['{"__proto__":1,"__proto__":2}', "duplicate", 15],
])("%j is refused: %s at byte %i", (text, kind, at) => {
  expect(walk(text).fault).toMatchObject({ kind, at });
});

test("ten million brackets overflow nothing and take no time", () => {
  const deep = new Uint8Array(10_000_000).fill(91);
  expect(walk(deep).fault).toEqual({ kind: "syntax", at: 20_000, message: "nested deeper than 20000" });
  const closed = new Uint8Array(30_000).fill(91).fill(93, 15_000);
  expect(walk(closed)).toMatchObject({ to: 30_000, fault: { kind: "depth", at: 64 } });
});

test("a string that is no UTF-8 is refused", () => {
  expect(walk(Uint8Array.of(34, 0xc3, 0x28, 34)).fault?.kind).toBe("syntax");
});

test("items of an array are ranges over their own bytes; a fault of one is its own", () => {
  const data = bytes(' [ {"a": 1} ,[[[2]]],"x" , {"b":1,"b":2} ] ');
  const { items, fault, more } = itemsOfArray(data, 1, data.length, { maxDepth: 2, maxItems: 10 });
  expect({ fault, more }).toEqual({ fault: null, more: false });
  expect(items.map(({ from, to, fault: own }) => [new TextDecoder().decode(data.subarray(from, to)), own?.kind ?? null])).toEqual([
    ['{"a": 1}', null],
    ["[[[2]]]", "depth"],
    ['"x"', null],
    ['{"b":1,"b":2}', "duplicate"],
  ]);
});

test.each(["[1", "[1,]", "[1 2]", "[] x", "[1}"])("%j is no array", (text) => {
  const data = bytes(text);
  expect(itemsOfArray(data, 0, data.length, { maxDepth: 9, maxItems: 9 }).fault?.kind).toBe("syntax");
});

test("more items than allowed are told without being read", () => {
  const data = bytes("[1,2,3,");
  expect(itemsOfArray(data, 0, data.length, { maxDepth: 9, maxItems: 2 })).toMatchObject({ more: true, fault: null });
});

test.each([
  [["a"], "1e400"],
  [["b", "c"], "x\ny"],
  [["b", "d/e"], '{"f": [true]}'],
  [["b", "missing"], null],
  [["a", "b"], null],
])("the path %j leads to %j", (path, text) => {
  const data = bytes('{"a":1e400, "b" : {"c":"x\\ny","d\\/e":{"f": [true]} } }');
  const found = valueInJson(data, { from: 0, to: data.length }, path);
  expect(found === null ? null : textOfJson(data, found)).toBe(text);
});
