import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createHeaderWriter, FAILURE_CLASSES, headerText, readHeaders, writeHeaders, type Failure, type Header } from "@weir/record";
import {
  createDeadLetterWriter,
  deadLetterHeaders,
  deadLetterId,
  MAX_HEADERS_BYTES,
  type FailedRecord,
  type StageFacts,
} from "./dead-letter.ts";
import { isDeadLetterHeader } from "./names.ts";
import { readDeadLetter } from "./read.ts";

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");
const utf8 = new TextEncoder();
const facts: StageFacts = {
  stage: "gate",
  group: "flights.gate",
  spec: "a".repeat(64),
  contract: "b".repeat(64),
  code: "weir/0.1.0",
  owner: "group:flight-ops",
};
const failure: Failure = {
  class: "WINDOW",
  message: "null rate of /dep_delay 0.507 over 0.05",
  rules: ["gate@5c0e91d2/dep-delay-nulls"],
  verdict: "v1",
};

function failed(changes: Partial<FailedRecord> = {}): FailedRecord {
  const hop = { topic: "flights.ingest.out", partition: 0, offset: 7001, timestamp: 1_360_000_000_000 };
  return { headers: [], id: "2013-02-08-EWR-UA-1018", hop, failedAt: Date.UTC(2013, 1, 9, 5), ...changes };
}

const ours = (headers: readonly Header[]): Header[] => headers.filter((h) => isDeadLetterHeader(h.key));
const size = (headers: readonly Header[]): number =>
  headers.reduce((sum, h) => sum + utf8.encode(h.key).length + (h.value?.length ?? 0), 0);
const texts = (headers: readonly Header[]): [string, string | null][] => headers.map((h) => [h.key, headerText([h], h.key)]);

const anyHeader = fc.record({ key: fc.string({ unit: "grapheme", maxLength: 12 }), value: fc.option(fc.uint8Array({ maxLength: 20 })) });
const anyFailure: fc.Arbitrary<Failure> = fc.record({
  class: fc.constantFrom(...FAILURE_CLASSES),
  message: fc.string({ unit: "binary", maxLength: 2000 }),
  rules: fc.array(fc.string({ unit: "binary", maxLength: 300 }), { maxLength: 20 }),
  verdict: fc.string({ unit: "binary", maxLength: 600 }),
  model: fc.string({ unit: "binary", maxLength: 600 }),
});

describe("headers of a dead letter", () => {
  it("tell what failed the record, in a fixed order", () => {
    expect(texts(deadLetterHeaders(facts, failure, failed({ deliveryCount: 2 }), sha256))).toEqual([
      ["__dlq.errors.topic", "flights.ingest.out"],
      ["__dlq.errors.partition", "0"],
      ["__dlq.errors.offset", "7001"],
      ["__dlq.errors.group", "flights.gate"],
      ["__dlq.errors.delivery.count", "2"],
      ["__dlq.errors.message", failure.message],
      ["weir.dlq.v", "1"],
      ["weir.dlq.id", sha256("gate\n2013-02-08-EWR-UA-1018").slice(0, 32)],
      ["weir.dlq.class", "WINDOW"],
      ["weir.dlq.stage", "gate"],
      ["weir.dlq.retriable", "false"],
      ["weir.dlq.rules", "gate@5c0e91d2/dep-delay-nulls"],
      ["weir.dlq.verdict", "v1"],
      ["weir.dlq.spec", "a".repeat(64)],
      ["weir.dlq.contract", "b".repeat(64)],
      ["weir.dlq.code", "weir/0.1.0"],
      ["weir.dlq.owner", "group:flight-ops"],
      ["weir.dlq.payload", "source"],
      ["weir.dlq.origin", "flights.ingest.out/0/7001/1360000000000"],
      ["weir.dlq.first-failed-at", "2013-02-09T05:00:00.000Z"],
      ["weir.dlq.failed-at", "2013-02-09T05:00:00.000Z"],
      ["weir.dlq.fingerprint", expect.stringMatching(/^[0-9a-f]{16}$/)],
    ]);
  });

  it("are replaced on a second failure, while origin and first failure stay", () => {
    const first = deadLetterHeaders(facts, failure, failed({ headers: [{ key: "traceparent", value: utf8.encode("00-1") }] }), sha256);
    const later = { topic: "flights.gate.pass", partition: 0, offset: 3, timestamp: 2 };
    const again = deadLetterHeaders(
      { ...facts, stage: "score" },
      { class: "MODEL_OUTPUT", message: "NaN" },
      failed({ headers: first, hop: later, failedAt: 1e12 }),
      sha256,
    );
    const read = readDeadLetter({ headers: again });
    expect(read).toMatchObject({
      class: "MODEL_OUTPUT",
      stage: "score",
      rules: [],
      verdict: null,
      hop: { topic: "flights.gate.pass", partition: 0, offset: 3 },
      origin: { topic: "flights.ingest.out", partition: 0, offset: 7001, timestamp: 1_360_000_000_000 },
      firstFailedAt: "2013-02-09T05:00:00.000Z",
      failedAt: "2001-09-09T01:46:40.000Z",
    });
    expect(new Set(again.map((h) => h.key)).size).toBe(again.length);
  });

  it("do not believe an origin or a first failure that cannot be read", () => {
    const headers = [
      { key: "weir.dlq.origin", value: utf8.encode("somewhere") },
      { key: "weir.dlq.first-failed-at", value: utf8.encode("lately") },
    ];
    expect(readDeadLetter({ headers: deadLetterHeaders(facts, failure, failed({ headers }), sha256) })).toMatchObject({
      origin: { topic: "flights.ingest.out", offset: 7001 },
      firstFailedAt: "2013-02-09T05:00:00.000Z",
    });
  });

  it("give a record one id per stage, wherever the stage read it", () => {
    const elsewhere = { topic: "flights.gate.pass", partition: 3, offset: 1, timestamp: 0 };
    const read = readDeadLetter({ headers: deadLetterHeaders(facts, failure, failed({ hop: elsewhere }), sha256) });
    expect(read?.id).toBe(deadLetterId(sha256, "gate", "2013-02-08-EWR-UA-1018"));
    expect(deadLetterId(sha256, "score", "2013-02-08-EWR-UA-1018")).not.toBe(read?.id);
  });

  it("leave the original headers alone: duplicates, nulls, empty values and order survive byte for byte", () => {
    fc.assert(
      fc.property(fc.array(anyHeader, { maxLength: 12 }), (headers) => {
        const original = headers.filter((h) => !isDeadLetterHeader(h.key));
        const written = writeHeaders(deadLetterHeaders(facts, failure, failed({ headers: original }), sha256));
        const block = writeHeaders(original);
        expect(written.subarray(0, block.length)).toEqual(block);
        expect(readHeaders(written, block.length, 21).every((h) => isDeadLetterHeader(h.key))).toBe(true);
      }),
    );
  });

  it("stay under 4 KiB for any failure, and the message under 512 bytes of whole characters", () => {
    fc.assert(
      fc.property(anyFailure, fc.string({ unit: "binary", maxLength: 400 }), (any, long) => {
        const hop = {
          topic: "t".repeat(249),
          partition: 2_147_483_647,
          offset: Number.MAX_SAFE_INTEGER,
          timestamp: Number.MAX_SAFE_INTEGER,
        };
        const wide = { stage: long, group: long, owner: long, spec: "a".repeat(64), contract: "b".repeat(64) };
        const headers = deadLetterHeaders(wide, any, failed({ id: long, hop }), sha256);
        expect(size(ours(headers))).toBeLessThanOrEqual(MAX_HEADERS_BYTES);
        const message = headers.find((h) => h.key === "__dlq.errors.message")?.value ?? new Uint8Array(0);
        expect(message.length).toBeLessThanOrEqual(512);
        const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
        expect(strict.decode(utf8.encode(any.message)).startsWith(strict.decode(message))).toBe(true);
      }),
    );
  });

  it("at their longest still fit", () => {
    const long = "é".repeat(600);
    const hop = { topic: "t".repeat(249), partition: 2_147_483_647, offset: Number.MAX_SAFE_INTEGER, timestamp: -Number.MAX_SAFE_INTEGER };
    const widest: Failure = {
      class: "OUTPUT_REJECTED",
      message: long,
      rules: Array.from({ length: 20 }, () => long),
      verdict: long,
      model: long,
    };
    const headers = deadLetterHeaders(
      { stage: long, group: long, owner: long, spec: long, contract: long },
      widest,
      failed({ hop, payload: "stage-input" }),
      sha256,
    );
    expect(size(headers)).toBeLessThanOrEqual(MAX_HEADERS_BYTES);
    expect(size(headers)).toBeGreaterThan(3000);
  });

  it("come out the same from a writer that remembers the failure", () => {
    const writer = createDeadLetterWriter(facts, sha256);
    const write = (why: Failure, record: FailedRecord): Header[] => {
      const headers = createHeaderWriter();
      writer(why, record, headers);
      return readHeaders(headers.bytes(), 0, headers.count());
    };
    for (const id of ["a", "b"]) expect(write(failure, failed({ id }))).toEqual(deadLetterHeaders(facts, failure, failed({ id }), sha256));
    const other: Failure = { class: "DECODE", message: "not JSON" };
    expect(write(other, failed())).toEqual(deadLetterHeaders(facts, other, failed(), sha256));
  });
});

describe("reading a dead letter", () => {
  it("gives back what was written", () => {
    const told = { ...failure, class: "MODEL_TIMEOUT" as const, retriable: true, model: "late-arrival/1#1d14b670" };
    expect(readDeadLetter({ headers: deadLetterHeaders(facts, told, failed({ payload: "stage-input" }), sha256) })).toEqual({
      family: "weir",
      id: deadLetterId(sha256, "gate", "2013-02-08-EWR-UA-1018"),
      class: "MODEL_TIMEOUT",
      stage: "gate",
      message: failure.message,
      exception: null,
      retriable: true,
      rules: ["gate@5c0e91d2/dep-delay-nulls"],
      verdict: "v1",
      spec: "a".repeat(64),
      contract: "b".repeat(64),
      model: "late-arrival/1#1d14b670",
      code: "weir/0.1.0",
      owner: "group:flight-ops",
      payload: "stage-input",
      group: "flights.gate",
      deliveryCount: 1,
      hop: { topic: "flights.ingest.out", partition: 0, offset: 7001 },
      origin: { topic: "flights.ingest.out", partition: 0, offset: 7001, timestamp: 1_360_000_000_000 },
      firstFailedAt: "2013-02-09T05:00:00.000Z",
      failedAt: "2013-02-09T05:00:00.000Z",
      fingerprint: expect.any(String),
      place: null,
      replay: null,
    });
  });

  it("knows a record that is none", () => {
    expect(readDeadLetter({ headers: [{ key: "weir.id", value: utf8.encode("1") }] })).toBeNull();
    expect(
      readDeadLetter({
        headers: [
          { key: "weir.dlq.v", value: utf8.encode("1") },
          { key: "weir.dlq.id", value: null },
        ],
      }),
    ).toBeNull();
  });
});
