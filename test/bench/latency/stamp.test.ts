import { batchOf } from "@weir/record";
import { expect, it } from "vitest";
import { numberAt } from "../input.ts";
import { createStamped, putStamp, timeAt } from "./stamp.ts";

it("gives every record another number and time, damaged ones too, and leaves the rest as it was", () => {
  const make = createStamped();
  const encoder = new TextEncoder();
  const values = Array.from({ length: 500 }, (_, i) => make(i).value); // all faults are among them
  const batch = batchOf(
    { topic: "in", partition: 0 },
    values.map((value) => ({ value: encoder.encode(value) })),
  );
  const micros = 1_764_537_600_123_456;
  for (let row = 0; row < batch.count; row++) putStamp(batch, row, 700_000_000 + row, micros + row + 0.25);
  for (let row = 0; row < batch.count; row++) expect([numberAt(batch, row), timeAt(batch, row)]).toEqual([700_000_000 + row, micros + row]);
  const at = batch.valueAt[7]!; // one of 500
  expect(new TextDecoder().decode(batch.bytes.subarray(at, at + batch.valueLength[7]!))).toBe(
    values[7]!.replace("-000000007", "-700000007").replace(/"event_time":\d+/, `"event_time":${micros + 7}`),
  );
});
