import { allRows, batchOf, selectRows, type Batch, type PlainRecord } from "@weir/record";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BATCH_BYTES, BATCH_RECORDS, BatchEncoder } from "./encoder.ts";
import { stage } from "./staged-batch.ts";

const lane = { topic: "t", partition: 3 };
const bytesOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i * 7);

/** What the encoder gives for the rows one by one, which never takes the way through the kernel. */
function oneByOne(batch: Batch, rows: Int32Array, times: readonly [first: number, second: number]): Buffer {
  const encoder = new BatchEncoder();
  rows.forEach((row, i) => encoder.add(batch, Int32Array.of(row), 0, times[i < rows.length / 2 ? 0 : 1]));
  return Buffer.from(encoder.finish(null));
}

function inTwoParts(batch: Batch, rows: Int32Array, times: readonly [first: number, second: number]): Buffer {
  const encoder = new BatchEncoder();
  const middle = Math.ceil(rows.length / 2);
  for (const [part, time] of [
    [rows.subarray(0, middle), times[0]],
    [rows.subarray(middle), times[1]],
  ] as const) {
    expect(stage().take(batch, part)).toBe(true);
    expect(encoder.add(batch, part, 0, time)).toBe(part.length);
  }
  return Buffer.from(encoder.finish(null));
}

const anyBytes = fc.oneof(fc.nat(20), fc.nat(300)).map(bytesOf);
const anyRecord = fc.record({
  key: fc.option(anyBytes),
  value: fc.option(anyBytes),
  headers: fc.array(fc.record({ key: fc.constantFrom("", "a", "trace-é"), value: fc.option(anyBytes) }), { maxLength: 3 }),
});
const anyAddition = fc.record({ length: fc.integer({ min: -1, max: 40 }), keep: fc.nat(300) });

/** Records with headers and tails added to some of them. */
const anyBatch = fc.array(fc.tuple(anyRecord, anyAddition, anyAddition), { minLength: 80, maxLength: 120 }).map((made) => {
  const plain = batchOf(
    lane,
    made.map(([record]) => record),
  );
  const slices = (lengths: readonly number[]) => ({
    bytes: bytesOf(made.length * 3 + 40),
    at: Int32Array.from(lengths, (_, i) => i * 3),
    length: Int32Array.from(lengths),
  });
  const tails = {
    ...slices(made.map(([, tail]) => tail.length)),
    keep: Int32Array.from(made, ([record, tail]) => Math.min(tail.keep, record.value?.length ?? 0)),
  };
  const headers = [
    { name: "weir.id", ...slices(made.map(([, , header]) => header.length)), bytes: plain.bytes, at: new Int32Array(made.length) },
    { name: "weir.branch", ...slices(made.map(([, , header]) => 20 - header.length)) },
  ];
  headers[0]!.length.forEach((length, i) => (headers[0]!.length[i] = Math.min(length, plain.bytes.length))); // one of two
  return selectRows(plain, allRows(made.length), { headers, tails });
});

describe("a staged batch", () => {
  it("is encoded to the very bytes that its records give one by one", () => {
    const anyTimes = fc.tuple(fc.integer({ min: 0, max: 2 ** 42 }), fc.integer({ min: -70_000, max: 70_000 }));
    fc.assert(
      fc.property(anyBatch, anyTimes, fc.nat(2), (batch, [first, later], left) => {
        const rows = allRows(batch.count).filter((row) => left === 0 || row % 8 !== left);
        const times = [first, first + later] as const;
        expect(inTwoParts(batch, rows, times).equals(oneByOne(batch, rows, times))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it("fills batches to the same bounds", () => {
    const large: Partial<PlainRecord> = { value: bytesOf(20_000) };
    const small: Partial<PlainRecord> = { value: null };
    for (const [record, count] of [
      [large, 120],
      [small, BATCH_RECORDS + 50],
    ] as const) {
      const batch = batchOf(
        lane,
        Array.from({ length: count }, () => record),
      );
      const many = new BatchEncoder();
      const single = new BatchEncoder();
      const end = many.add(batch, null, 0, 5);
      for (let row = 0; row < end; row++) single.add(batch, Int32Array.of(row), 0, 5);
      expect(single.add(batch, Int32Array.of(end), 0, 5)).toBe(0);
      expect(many.bytes).toBeLessThanOrEqual(BATCH_BYTES);
      expect(many.finish(null).equals(single.finish(null))).toBe(true);
      many.reset();
      expect(many.add(batch, null, end, 5)).toBe(Math.min(count, 2 * end));
    }
  });

  it("goes on with a record that is larger than what the kernel writes at once", () => {
    const records = Array.from({ length: 40 }, (_, i) => ({ value: bytesOf(i === 20 ? 300_000 : 10) }));
    const batch = batchOf(lane, records);
    const encoder = new BatchEncoder();
    expect(encoder.add(batch, null, 0, 5)).toBe(40);
    expect(encoder.finish(null).equals(oneByOne(batch, allRows(40), [5, 5]))).toBe(true);
  });

  it("adds nothing to a batch that one record has filled alone", () => {
    const encoder = new BatchEncoder();
    expect(encoder.add(batchOf(lane, [{ value: bytesOf(BATCH_BYTES + 100_000) }]), null, 0, 5)).toBe(1);
    const batch = batchOf(
      lane,
      Array.from({ length: 40 }, () => ({ value: bytesOf(10) })),
    );
    expect(encoder.add(batch, null, 0, 5)).toBe(0);
    expect(encoder.count).toBe(1);
  });

  it("is taken in anew when its bytes may have changed", async () => {
    const batch = batchOf(
      lane,
      Array.from({ length: 40 }, () => ({ value: bytesOf(10) })),
    );
    const encode = (): Buffer => {
      const encoder = new BatchEncoder();
      encoder.add(batch, null, 0, 5);
      return Buffer.from(encoder.finish(null));
    };
    const before = encode();
    await Promise.resolve();
    batch.bytes.fill(9);
    expect(encode()).not.toEqual(before);
  });

  it("is not made of few rows, nor of few out of many", () => {
    const batch = batchOf(
      lane,
      Array.from({ length: 1000 }, () => ({ value: null })),
    );
    expect(stage().take(batch, allRows(31))).toBe(false);
    expect(stage().take(batch, allRows(100))).toBe(false);
    expect(stage().take(batch, allRows(200))).toBe(true);
  });
});
