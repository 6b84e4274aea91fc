import { expect, test } from "vitest";
import { murmur2, partitionOf } from "./partition.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

// The values of Kafka's own UtilsTest.
test.each([
  ["21", -973932308],
  ["foobar", -790332482],
  ["a-little-bit-long-string", -985981536],
  ["a-little-bit-longer-string", -1486304829],
  ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
  ["abc", 479470107],
])("murmur2 of %j is that of Kafka's Java client", (text, hash) => {
  expect(murmur2(bytes(text))).toBe(hash);
});

test("the three airports of New York go to partitions 3, 1 and 0 of four", () => {
  expect(["EWR", "JFK", "LGA"].map((key) => partitionOf(bytes(key), 4))).toEqual([3, 1, 0]);
});
