import fc from "fast-check";
import { expect, test } from "vitest";
import { gatherColumn, gatherDoubles, gatherInts, selectionOf, type Column } from "./column.ts";

const COUNT = 400;
const doubles = Float64Array.from({ length: COUNT }, (_, row) => row / 3);
const ints = Int32Array.from({ length: COUNT }, (_, row) => 7 * row);
const bytes = Uint8Array.from({ length: COUNT }, (_, row) => row % 251);

/** Ascending rows: all but some, so that there are stretches of every length. */
const rows = fc
  .uniqueArray(fc.nat(COUNT - 1), { maxLength: COUNT })
  .map((left) => Int32Array.from(Array.from({ length: COUNT }, (_, row) => row).filter((row) => !left.includes(row))));

test("rows are gathered in their order, in stretches or one by one", () => {
  fc.assert(
    fc.property(rows, (chosen) => {
      const selection = selectionOf(chosen);
      expect([...gatherInts(ints, selection)]).toEqual([...chosen].map((row) => 7 * row));
      expect([...gatherDoubles(doubles, selection)]).toEqual([...chosen].map((row) => row / 3));
      const column: Column = { kind: "number", values: doubles, presence: bytes };
      expect([...gatherColumn(column, selection).presence]).toEqual([...chosen].map((row) => row % 251));
      const vectors: Column = { kind: "vector", width: 2, values: Float32Array.from({ length: 2 * COUNT }, (_, i) => i), presence: bytes };
      expect(gatherColumn(vectors, selection)).toMatchObject({
        width: 2,
        values: Float32Array.from([...chosen].flatMap((row) => [2 * row, 2 * row + 1])),
      });
    }),
  );
});

test("long stretches are found, and rows that lie apart are not", () => {
  const few = Int32Array.from([...Array(20).keys(), ...Array.from(Array(20).keys(), (row) => 30 + row)]);
  expect([...(selectionOf(few).stretches ?? [])]).toEqual([0, 20, 30, 50]);
  expect(selectionOf(Int32Array.of(1, 3, 5)).stretches).toBeNull();
  expect(selectionOf(new Int32Array(0)).stretches).toEqual(new Int32Array(0));
});
