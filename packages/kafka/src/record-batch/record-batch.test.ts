import { crc32c } from "@node-rs/crc32";
import { batchOf, constantHeader, recordAt, selectRows, type Batch, type Header, type PlainRecord } from "@weir/record";
import { RecordTooLarge } from "@weir/stream";
import fc from "fast-check";
import { compressFrameSync, decompressFrameSync } from "lz4-napi";
import { gzipSync } from "node:zlib";
import { compress as compressSnappy } from "snappyjs";
import { beforeAll, describe, expect, it } from "vitest";
import { ZstdCodec } from "zstd-codec";
import { loadCodecs, type Codecs } from "./codecs.ts";
import { decodeRecords, type Decoded } from "./decode.ts";
import { BATCH_RECORDS, BatchEncoder, LARGEST_BATCH_BYTES } from "./encoder.ts";
import { AT, ATTRIBUTE, CODEC, readInt64, writeInt64 } from "./layout.ts";
import type { Aborted } from "./scan-batches.ts";

const lane = { topic: "t", partition: 3 };
let codecs: Codecs;
beforeAll(async () => {
  codecs = await loadCodecs();
});

const decode = (records: Buffer, from = 0, aborted: readonly Aborted[] | null = null): Decoded =>
  decodeRecords({ lane, records, from, aborted, codecs });
const rowsOf = (decoded: Decoded): PlainRecord[] =>
  decoded.batches.flatMap((b) => Array.from({ length: b.count }, (_, row) => recordAt(b, row)));
const valuesOf = (decoded: Decoded): string[] => rowsOf(decoded).map((r) => Buffer.from(r.value ?? []).toString());
const plain = (r: PlainRecord): object => ({
  key: hex(r.key),
  value: hex(r.value),
  headers: r.headers.map((h) => [h.key, hex(h.value)]),
  timestamp: r.timestamp,
  offset: r.offset,
});
const hex = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString("hex"));

interface Shape {
  readonly baseOffset?: number;
  readonly producerId?: number;
  readonly transactional?: boolean;
}

/** One batch at its place in the log, as a broker would send it. */
function encodeAt(batch: Batch, { baseOffset = 0, producerId = 7, transactional = false }: Shape = {}): Buffer {
  const encoder = new BatchEncoder();
  expect(encoder.add(batch, null, 0, null)).toBe(batch.count);
  const bytes = Buffer.from(encoder.finish(transactional ? { transactional, producerId, producerEpoch: 0, baseSequence: 0 } : null));
  writeInt64(bytes, AT.baseOffset, baseOffset);
  return bytes;
}

const text = (value: string): Partial<PlainRecord> => ({ value: Buffer.from(value) });
const batchAt = (baseOffset: number, producerId: number, ...values: string[]): Buffer =>
  encodeAt(batchOf(lane, values.map(text)), { baseOffset, producerId, transactional: true });

/** The marker that ends a transaction: a control batch with one record whose key is version and type. */
function marker(baseOffset: number, producerId: number, type: "abort" | "commit"): Buffer {
  const key = Buffer.from([0, 0, 0, type === "commit" ? 1 : 0]);
  const bytes = encodeAt(batchOf(lane, [{ key, value: Buffer.alloc(6) }]), { baseOffset, producerId, transactional: true });
  bytes.writeInt16BE(ATTRIBUTE.transactional | ATTRIBUTE.control, AT.attributes);
  return seal(bytes);
}

function seal(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(crc32c(bytes.subarray(AT.attributes)) >>> 0, AT.crc);
  return bytes;
}

const anyBytes = fc.oneof(fc.uint8Array({ maxLength: 12 }), fc.uint8Array({ minLength: 30, maxLength: 200 }));
const anyRecord = fc.record({
  key: fc.option(anyBytes),
  value: fc.option(anyBytes),
  headers: fc.array(fc.record({ key: fc.constantFrom("", "a", "a", "trace-é", "x".repeat(70)), value: fc.option(anyBytes) }), {
    maxLength: 4,
  }),
  timestamp: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 2 ** 42 })),
});

describe("a record batch", () => {
  it("gives back what was written: null keys and values, empty ones, headers with their order, duplicates and null values", () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 40 }), fc.integer({ min: 0, max: 2 ** 50 }), (records, baseOffset) => {
        const written = batchOf(
          lane,
          records.map((r, i) => ({ ...r, offset: baseOffset + i })),
        );
        const decoded = decode(encodeAt(written, { baseOffset }), baseOffset);
        expect(decoded.damage).toBeNull();
        expect(decoded.nextOffset).toBe(baseOffset + records.length);
        expect(rowsOf(decoded).map(plain)).toEqual(Array.from({ length: records.length }, (_, row) => plain(recordAt(written, row))));
      }),
    );
  });

  it("writes the rows of a selection with the headers and tails that were added to them", () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 20 }), fc.infiniteStream(fc.boolean()), (records, coin) => {
        const flip = (): boolean => coin.next().value === true;
        const source = batchOf(lane, records);
        const rows = Int32Array.from(records.keys()).filter(flip);
        const tail = Buffer.from(',"prediction":1}');
        const length = Int32Array.from(rows, () => (flip() ? tail.length : -1));
        const keep = Int32Array.from(rows, (row) => Math.max((records[row]?.value?.length ?? 0) - 1, 0));
        const few = {
          ...constantHeader("weir.window", "w".repeat(60), rows.length),
          length: Int32Array.from(rows, () => (flip() ? 60 : -1)),
        };
        const added = selectRows(source, rows, {
          headers: [constantHeader("weir.id", "id-1", rows.length), few],
          tails: { bytes: tail, at: new Int32Array(rows.length), length, keep },
        });
        if (rows.length === 0) return;
        const decoded = rowsOf(decode(encodeAt(added)));
        expect(decoded.map((r) => ({ ...plain(r), offset: 0 }))).toEqual(
          Array.from(rows, (_, i) => ({ ...plain(recordAt(added, i)), offset: 0 })),
        );
      }),
    );
  });

  it("writes the rows that were asked for, in their order", () => {
    const encoder = new BatchEncoder();
    encoder.add(batchOf(lane, ["a", "b", "c", "d"].map(text)), Int32Array.of(1, 3), 0, 5);
    expect(valuesOf(decode(encoder.finish(null)))).toEqual(["b", "d"]);
  });

  it("is full at 900 kB or 10,000 records, and goes on where it stopped", () => {
    const small = batchOf(
      lane,
      Array.from({ length: BATCH_RECORDS + 5 }, () => text("x")),
    );
    const encoder = new BatchEncoder();
    expect(encoder.add(small, null, 0, 1)).toBe(BATCH_RECORDS);
    encoder.reset();
    expect(encoder.add(small, null, BATCH_RECORDS, 1)).toBe(BATCH_RECORDS + 5);
    encoder.reset();
    const large = batchOf(
      lane,
      Array.from({ length: 10 }, () => ({ value: new Uint8Array(100_000) })),
    );
    expect(encoder.add(large, null, 0, 1)).toBe(8);
    expect(encoder.bytes).toBeLessThanOrEqual(900_000);
  });

  it("takes a large record alone, and refuses one that no topic takes without writing anything of it", () => {
    const encoder = new BatchEncoder();
    const records = [text("small"), { value: new Uint8Array(1_500_000) }, { value: new Uint8Array(LARGEST_BATCH_BYTES) }];
    const batch = batchOf(lane, records);
    expect(encoder.add(batch, null, 0, 1)).toBe(1);
    encoder.reset();
    expect(encoder.add(batch, null, 1, 1)).toBe(2);
    expect(rowsOf(decode(encoder.finish(null))).map((r) => r.value?.length)).toEqual([1_500_000]);
    encoder.reset();
    expect(() => encoder.add(batch, null, 2, 1)).toThrow(RecordTooLarge);
    expect(encoder.count).toBe(0);
  });

  it("carries producer, epoch and sequence of its transaction", () => {
    const encoder = new BatchEncoder();
    encoder.add(batchOf(lane, [text("a"), text("b")]), null, 0, 1_700_000_000_000);
    const bytes = encoder.finish({ transactional: true, producerId: 2 ** 40 + 1, producerEpoch: 12, baseSequence: 99 });
    expect(readInt64(bytes, AT.producerId)).toBe(2 ** 40 + 1);
    expect([bytes.readInt16BE(AT.producerEpoch), bytes.readInt32BE(AT.baseSequence), bytes.readInt32BE(AT.count)]).toEqual([12, 99, 2]);
    expect(rowsOf(decode(bytes)).map((r) => r.timestamp)).toEqual([1_700_000_000_000, 1_700_000_000_000]);
  });
});

describe("reading a fetched slice", () => {
  it("leaves out the records before the offset that was asked for", () => {
    const decoded = decode(batchAt(10, 1, "a", "b", "c"), 12);
    expect(rowsOf(decoded).map((r) => r.offset)).toEqual([12]);
    expect(decoded.nextOffset).toBe(13);
  });

  it("does not look at a last batch that was cut off, wherever it was", () => {
    const whole = batchAt(0, 1, "a", "b");
    const next = batchAt(2, 1, "c");
    for (let cut = 0; cut < next.length; cut++) {
      const decoded = decode(Buffer.concat([whole, next.subarray(0, cut)]));
      expect([valuesOf(decoded), decoded.nextOffset, decoded.damage]).toEqual([["a", "b"], 2, null]);
    }
  });

  it("takes the broker's time where the topic says so", () => {
    const bytes = batchAt(0, 1, "a", "b");
    bytes.writeInt16BE(ATTRIBUTE.logAppendTime, AT.attributes);
    writeInt64(bytes, AT.maxTimestamp, 1_234_567);
    expect(rowsOf(decode(seal(bytes))).map((r) => r.timestamp)).toEqual([1_234_567, 1_234_567]);
  });

  it("stops at a batch whose checksum does not match and delivers what is before it", () => {
    const second = batchAt(2, 1, "c", "d");
    second[second.length - 3]! ^= 1; // the batch has more than three bytes
    const decoded = decode(Buffer.concat([batchAt(0, 1, "a", "b"), second, batchAt(4, 1, "e")]));
    expect([valuesOf(decoded), decoded.nextOffset, decoded.damage]).toEqual([["a", "b"], 2, "checksum does not match"]);
  });

  it("stops at lengths that do not fit together although the checksum does", () => {
    const second = batchAt(2, 1, "c");
    second[AT.records + 4] = 100; // length of the key: beyond the record
    const decoded = decode(Buffer.concat([batchAt(0, 1, "a"), seal(second), batchAt(3, 1, "d")]));
    expect([valuesOf(decoded), decoded.nextOffset]).toEqual([["a"], 2]);
    expect(decoded.damage).toMatch(/record/);
  });

  it("never fails otherwise than by naming damage, whatever a batch with a right checksum holds", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 80 }), fc.integer({ min: -5, max: 60 }), (noise, count) => {
        const bytes = Buffer.concat([batchAt(0, 1, "a").subarray(0, AT.records), noise]);
        bytes.writeInt32BE(bytes.length - 12, AT.length);
        bytes.writeInt32BE(count, AT.count);
        const decoded = decode(seal(bytes));
        expect(decoded.damage === null || decoded.batches.length === 0).toBe(true);
      }),
    );
  });

  it("names an old format and an unknown codec", () => {
    const old = batchAt(0, 1, "a");
    old[AT.magic] = 1;
    expect(decode(old).damage).toBe("record format 1 (only 2 is read)");
    const unknown = batchAt(0, 1, "a");
    unknown.writeInt16BE(7, AT.attributes);
    expect(decode(seal(unknown)).damage).toBe("unknown compression codec 7");
  });
});

describe("compressed batches", () => {
  const xerial = (block: Buffer): Buffer => {
    const part = (piece: Buffer): Buffer[] => {
      const compressed = Buffer.from(compressSnappy(piece));
      const length = Buffer.alloc(4);
      length.writeInt32BE(compressed.length);
      return [length, compressed];
    };
    const head = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
    return Buffer.concat([head, ...part(block.subarray(0, 20)), ...part(block.subarray(20))]);
  };
  const zstd = (block: Buffer): Promise<Uint8Array> =>
    new Promise((resolve) => {
      ZstdCodec.run((z) => resolve(new z.Streaming().compress(block)));
    });
  const compressors: readonly [string, number, (block: Buffer) => Uint8Array | Promise<Uint8Array>][] = [
    ["gzip", 1, gzipSync],
    ["snappy, one block", 2, (block) => compressSnappy(block)],
    ["snappy, xerial's frames", 2, xerial],
    ["lz4", 3, (block) => compressFrameSync(block)],
    ["zstd", 4, zstd],
  ];

  it.each(compressors)("are read: %s", async (_name, codec, compress) => {
    const headers: Header[] = [{ key: "h", value: null }];
    const bare = encodeAt(
      batchOf(
        lane,
        Array.from({ length: 50 }, (_, i) => ({ value: Buffer.from(`value ${i}`), headers })),
      ),
      { baseOffset: 5 },
    );
    const packed = Buffer.concat([bare.subarray(0, AT.records), await compress(bare.subarray(AT.records))]);
    packed.writeInt32BE(packed.length - 12, AT.length);
    packed.writeInt16BE(codec, AT.attributes);
    const mixed = Buffer.concat([batchAt(0, 1, "a", "b", "c", "d", "e"), seal(packed), batchAt(55, 1, "z")]);
    const decoded = decode(mixed);
    expect(decoded.damage).toBeNull();
    expect(rowsOf(decoded).map(plain)).toEqual(
      [
        ...rowsOf(decode(batchAt(0, 1, "a", "b", "c", "d", "e"))),
        ...rowsOf(decode(bare, 5)),
        ...rowsOf(decode(batchAt(55, 1, "z"), 55)),
      ].map(plain),
    );
    expect(decoded.batches.map((b) => b.nextOffset)).toEqual([5, 55, 56]);
  });

  it("whose records are stored in a frame of LZ4 are read where they lie; LZ4 itself finds the same in them", () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 40 }), fc.nat(40), (records, from) => {
        const batch = batchOf(lane, records);
        const plainly = encodeAt(batch);
        const encoder = new BatchEncoder({ capacity: 64, compression: "lz4-stored" });
        for (let i = 0; i < 2; i++) {
          encoder.reset();
          expect(encoder.add(batch, null, 0, null)).toBe(batch.count);
          const stored = Buffer.from(encoder.finish(null));
          expect(stored.readInt16BE(AT.attributes)).toBe(CODEC.lz4);
          expect(Buffer.from(decompressFrameSync(stored.subarray(AT.records))).equals(plainly.subarray(AT.records))).toBe(true);
          const behind = batchAt(records.length, 1, "behind");
          const both = decodeRecords({ lane, records: Buffer.concat([stored, behind]), from, aborted: null, codecs: new Map() });
          expect(both.damage).toBeNull();
          expect(rowsOf(both).map(plain)).toEqual([...rowsOf(decode(plainly, from)), ...rowsOf(decode(behind, from))].map(plain));
        }
      }),
    );
  });

  it.each<[string, (stored: Buffer) => Buffer]>([
    ["without its end", (stored) => stored.subarray(0, -4)],
    ["with a second block", (stored) => Buffer.concat([stored.subarray(0, -4), Buffer.from([1, 0, 0, 0x80, 0x55, 0, 0, 0, 0])])],
    ["with bytes behind its end", (stored) => Buffer.concat([stored, Buffer.alloc(4)])],
    [
      "of other blocks",
      (stored) => Buffer.concat([stored.subarray(0, AT.records + 5), Buffer.from([0x40, 0x82]), stored.subarray(AT.records + 7)]),
    ],
  ])("in another frame than ours are left to LZ4: %s", (_name, change) => {
    const encoder = new BatchEncoder({ compression: "lz4-stored" });
    encoder.add(batchOf(lane, ["a", "b"].map(text)), null, 0, 1);
    const changed = Buffer.from(change(Buffer.from(encoder.finish(null))));
    changed.writeInt32BE(changed.length - 12, AT.length);
    const inflated: Buffer[] = [];
    const lz4 = (frame: Buffer): Uint8Array => {
      inflated.push(frame);
      return Buffer.from(decompressFrameSync(frame));
    };
    decodeRecords({ lane, records: seal(changed), from: 0, aborted: null, codecs: new Map([[CODEC.lz4, lz4]]) });
    expect(inflated[0]).toEqual(changed.subarray(AT.records));
  });

  it("that do not inflate are damage of their own, not of their neighbours", () => {
    const broken = batchAt(1, 1, "b");
    broken.writeInt16BE(4, AT.attributes);
    const decoded = decode(Buffer.concat([batchAt(0, 1, "a"), seal(broken)]));
    expect([valuesOf(decoded), decoded.nextOffset]).toEqual([["a"], 1]);
    expect(decoded.damage).not.toBeNull();
  });
});

describe("aborted transactions", () => {
  const aborts = (...list: [number, number][]): Aborted[] => list.map(([producerId, firstOffset]) => ({ producerId, firstOffset }));
  const values = (records: Buffer[], aborted: Aborted[], from = 0): string[] => valuesOf(decode(Buffer.concat(records), from, aborted));

  it("of interleaved producers are left out, in whatever order the broker lists them", () => {
    const log = [
      batchAt(0, 1, "a1"),
      batchAt(1, 2, "b1"),
      batchAt(2, 1, "a2"),
      marker(3, 2, "commit"),
      batchAt(4, 3, "c1"),
      marker(5, 1, "abort"),
      batchAt(6, 3, "c2"),
      marker(7, 3, "abort"),
      batchAt(8, 1, "a3"),
      marker(9, 1, "commit"),
    ];
    expect(values(log, aborts([3, 4], [1, 0]))).toEqual(["b1", "a3"]);
  });

  it("are left out twice for one producer, and what it commits between is delivered", () => {
    const log = [
      batchAt(0, 1, "x"),
      marker(1, 1, "abort"),
      batchAt(2, 1, "keep"),
      marker(3, 1, "commit"),
      batchAt(4, 1, "y"),
      marker(5, 1, "abort"),
      batchAt(6, 1, "keep too"),
    ];
    expect(values(log, aborts([1, 0], [1, 4]))).toEqual(["keep", "keep too"]);
  });

  it("are left out where the fetch begins inside them", () => {
    const log = [batchAt(4, 1, "x", "x", "x"), batchAt(7, 2, "b"), marker(8, 1, "abort"), batchAt(9, 1, "a")];
    expect(values(log, aborts([1, 0]), 5)).toEqual(["b", "a"]);
  });

  it("end at the marker, not at a user's record whose key looks like one", () => {
    const look = encodeAt(batchOf(lane, [{ key: Buffer.from([0, 0, 0, 0]), value: Buffer.from("user") }]), {
      baseOffset: 1,
      producerId: 1,
      transactional: true,
    });
    const log = [batchAt(0, 1, "x"), look, batchAt(2, 1, "y"), marker(3, 1, "abort"), batchAt(4, 1, "a")];
    expect(values(log, aborts([1, 0]))).toEqual(["a"]);
    expect(values([look], [])).toEqual(["user"]);
  });

  it("do not take away what a producer writes outside transactions", () => {
    const log = [encodeAt(batchOf(lane, [text("plain")]), { baseOffset: 0 }), batchAt(1, -1, "x"), marker(2, -1, "abort")];
    expect(values(log, aborts([-1, 0]))).toEqual(["plain"]);
  });

  it("move the position although nothing is delivered", () => {
    const decoded = decode(Buffer.concat([batchAt(0, 1, "x", "x"), marker(2, 1, "abort")]), 0, aborts([1, 0]));
    expect([decoded.batches, decoded.nextOffset]).toEqual([[], 3]);
  });
});
