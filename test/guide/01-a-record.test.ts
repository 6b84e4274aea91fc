import { batchOf, headerText, partitionOf, recordAt } from "@weir/record";
import { expect, test } from "vitest";
import { bytes, text } from "./flights.ts";

// A record is what a Kafka topic holds: a key, a value, headers, a timestamp and an offset. Weir never asks for more.
// Everything in it is bytes, and bytes in are bytes out.

test("a record keeps what it was given, odd as it may be", () => {
  const value = '{ "id":"EWR-1",  "delay": 1.50 }'; // the spaces and the last zero are the sender's own business
  const batch = batchOf({ topic: "flights.ingest.out", partition: 0 }, [
    { key: bytes("EWR"), value: bytes(value), headers: [{ key: "traceparent", value: bytes("00-…") }], offset: 17 },
  ]);
  const record = recordAt(batch, 0);
  expect(text(record.value)).toBe(value);
  expect(headerText(record.headers, "traceparent")).toBe("00-…");
  expect(record.offset).toBe(17);
});

test("key, value and headers may be null, and a header may come twice", () => {
  const headers = [
    { key: "a", value: bytes("1") },
    { key: "a", value: null },
  ];
  const record = recordAt(batchOf({ topic: "t", partition: 0 }, [{ key: null, value: null, headers }]), 0);
  expect([record.key, record.value, record.headers.length]).toEqual([null, null, 2]);
});

test("the key chooses the partition, as in every Kafka client: records of one airport stay in order", () => {
  const partition = partitionOf(bytes("EWR"), 4);
  expect(partitionOf(bytes("EWR"), 4)).toBe(partition);
  expect([0, 1, 2, 3]).toContain(partition);
});
