import { expect, test } from "vitest";
import fc from "fast-check";
import { addedHeaders, allRows, batchOf, NOTHING_ADDED, ownHeaders, recordAt, selectRows } from "./batch.ts";
import { writeHeaders } from "./header-writer.ts";
import { constantHeader, dictionaryHeader, readHeaders } from "./headers.ts";
import { readVarint, varintLength, writeVarint } from "./varint.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array | null): string | null => (value === null ? null : new TextDecoder().decode(value));
const lane = { topic: "t", partition: 2 };

const someBytes = fc.uint8Array({ maxLength: 40 });
const someHeader = fc.record({ key: fc.string({ maxLength: 10, unit: "grapheme" }), value: fc.option(someBytes) });
const someRecord = fc.record({
  key: fc.option(someBytes),
  value: fc.option(someBytes),
  headers: fc.array(someHeader, { maxLength: 4 }),
  timestamp: fc.integer({ min: 0, max: 2 ** 45 }),
  offset: fc.nat(),
});

test("records come out of a batch as they went in: nulls, empty values and duplicate headers included", () => {
  fc.assert(
    fc.property(fc.array(someRecord, { maxLength: 20 }), (records) => {
      const batch = batchOf(lane, records);
      expect(records.map((_, row) => recordAt(batch, row))).toEqual(records);
    }),
  );
});

test("a selection keeps bytes, added headers and tails of the rows that it names, in its order", () => {
  const batch = batchOf(lane, [{ value: bytes('{"a":1}') }, { value: bytes('{"a":2}') }, { value: bytes('{"a":3}') }]);
  const stamped = { ...batch, added: { ...NOTHING_ADDED, headers: [dictionaryHeader("n", ["one", "two"], Int32Array.of(0, -1, 1))] } };
  const tail = bytes(',"b":0}');
  const tails = { bytes: tail, at: new Int32Array(2), length: Int32Array.of(tail.length, -1), keep: Int32Array.of(6, 0) };
  const selected = selectRows(stamped, Int32Array.of(2, 0), { tails, headers: [constantHeader("m", "x", 2)] });
  const rows = [0, 1].map((row) => ({
    value: text(recordAt(selected, row).value),
    added: addedHeaders(selected, row).map((h) => [h.key, text(h.value)]),
  }));
  expect(rows).toEqual([
    {
      value: '{"a":3,"b":0}',
      added: [
        ["n", "two"],
        ["m", "x"],
      ],
    },
    {
      value: '{"a":1}',
      added: [
        ["n", "one"],
        ["m", "x"],
      ],
    },
  ]);
  expect([...allRows(3)]).toEqual([0, 1, 2]);
  expect(ownHeaders(selected, 0)).toEqual([]);
});

test("varints of 32 bits and header blocks read back as they were written", () => {
  fc.assert(
    fc.property(fc.integer(), (n) => {
      const buffer = new Uint8Array(5);
      const cursor = { at: 0 };
      writeVarint(buffer, cursor, n);
      expect(cursor.at).toBe(varintLength(n));
      expect(readVarint(buffer, { at: 0 })).toBe(n);
    }),
  );
  fc.assert(
    fc.property(fc.array(someHeader), (headers) => {
      expect(readHeaders(writeHeaders(headers), 0, headers.length)).toEqual(headers);
    }),
  );
});

test("a varint that does not end is an error and not an endless loop", () => {
  expect(() => readVarint(new Uint8Array([255, 255]), { at: 0 })).toThrow("no varint at byte 2");
});
