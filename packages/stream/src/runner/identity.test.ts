import { expect, test } from "vitest";
import { addedHeaders, batchOf, idAt, ownHeaders, type Slices } from "@weir/record";
import { stampEntry } from "./identity.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const text = (bytes: Uint8Array | null): string | null => bytes && decoder.decode(bytes);
const header = (key: string, value: string) => ({ key, value: encoder.encode(value) });

/** Ids `a`, `b`, … where the text has a letter, none where it has a blank. */
function ids(letters: string): Slices {
  const length = Int32Array.from(letters, (c) => (c === " " ? -1 : 1));
  return { bytes: encoder.encode(letters), at: Int32Array.from(letters, (_, i) => i), length };
}

test("an id is the producer's own valid one, else the record's, else its place", () => {
  const batch = batchOf({ topic: "in", partition: 3 }, [
    { offset: 5 },
    { offset: 6 },
    { offset: 7, headers: [header("weir.id", "mine")] },
    { offset: 8, headers: [header("weir.id", "x".repeat(257))] },
  ]);
  const stamped = stampEntry(batch, () => ids("a cd"));
  expect([0, 1, 2, 3].map((row) => text(idAt(stamped, row)))).toEqual(["a", "in-3-6", "mine", "d"]);
  expect([0, 1, 2, 3].map((row) => addedHeaders(stamped, row).length)).toEqual([1, 1, 1, 1]);
});

test("headers that only Weir may write are dropped, all others stay as they are and in their order", () => {
  const own = [
    header("a", "1"),
    header("weir.branch", "auto"),
    { key: "a", value: null },
    header("weir.dlq.origin", "x/0/0/0"),
    header("z", "2"),
  ];
  const stamped = stampEntry(batchOf({ topic: "in", partition: 0 }, [{ headers: own }, { headers: [header("b", "3")] }]), () => null);
  expect(ownHeaders(stamped, 0).map((h) => [h.key, text(h.value)])).toEqual([
    ["a", "1"],
    ["a", null],
    ["z", "2"],
  ]);
  expect(ownHeaders(stamped, 1).map((h) => h.key)).toEqual(["b"]);
});
