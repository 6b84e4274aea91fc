import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import {
  array,
  int64,
  nullable,
  nullableArray,
  nullableBytes,
  nullableText,
  since,
  struct,
  structWithTag,
  int16,
  text,
  until,
  uuid,
  type Field,
} from "./field.ts";
import { Heartbeat, Produce } from "./index.ts";

function roundTrip<T>(field: Field<T>, value: T, version: number, flexible: boolean): T {
  const writer = new ByteWriter(version, flexible);
  field.write(writer, value);
  const reader = new ByteReader(writer.joined(), version, flexible);
  const read = field.read(reader);
  expect(reader.at).toBe(reader.buffer.length);
  return read;
}

describe("fields on the wire", () => {
  const shape = struct({
    name: nullableText,
    offset: int64,
    list: nullableArray(text),
    data: nullableBytes,
    id: uuid,
    late: since(3, int16, -7),
    early: until(2, text, "none"),
    maybe: nullable(struct({ x: int16 })),
  });
  const values = fc.record({
    name: fc.option(fc.string()),
    offset: fc.integer({ min: -(2 ** 53) + 1, max: 2 ** 53 - 1 }),
    list: fc.option(fc.array(fc.string({ maxLength: 300 }), { maxLength: 5 })),
    data: fc.option(fc.uint8Array({ maxLength: 6_000 }).map((b) => Buffer.from(b))),
    id: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((b) => Buffer.from(b).toString("hex")),
    late: fc.integer({ min: -32768, max: 32767 }),
    early: fc.string(),
    maybe: fc.option(fc.record({ x: fc.integer({ min: -5, max: 5 }) })),
  });

  it("come back as they were, in the old and in the flexible encoding, except what the version does not have", () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 4 }), fc.boolean(), (value, version, flexible) => {
        expect(roundTrip(shape, value, version, flexible)).toEqual({
          ...value,
          late: version >= 3 ? value.late : -7,
          early: version <= 2 ? value.early : "none",
        });
      }),
    );
  });

  it("skip tagged fields that nobody knows and read the one that is asked for", () => {
    const tagged = structWithTag({ a: int16 }, 2, array(int16));
    const bytes = Buffer.from([0, 5, /* two tags */ 2, /* 1: three bytes */ 1, 3, 9, 9, 9, /* 2: one int16 */ 2, 3, 2, 0, 7]);
    expect(tagged.read(new ByteReader(bytes, 1, true))).toEqual({ a: 5, tagged: [7] });
  });

  it("never read beyond an answer that was cut off", () => {
    const writer = new ByteWriter(4, true);
    Heartbeat.request.write(writer, { group: "g", generation: 1, memberId: "m", instanceId: null });
    const whole = writer.joined();
    for (let cut = 0; cut < whole.length; cut++) {
      expect(() => Heartbeat.request.read(new ByteReader(whole.subarray(0, cut), 4, true))).toThrow(RangeError);
    }
  });

  it("pass large bytes on without copying them", () => {
    const records = Buffer.alloc(10_000, 1);
    const writer = new ByteWriter(12, true);
    Produce.request.write(writer, {
      transactionalId: "t",
      acks: -1,
      timeoutMs: 1,
      topics: [{ name: "a", partitions: [{ partition: 0, records }] }],
    });
    expect(writer.parts()).toContain(records);
  });
});
