import type { PlainRecord } from "@weir/record";
import { WeirError } from "@weir/record";
import { expect, test } from "vitest";
import { createFilter } from "./filter.ts";
import { formatRecord, parseFormat } from "./format.ts";
import { parseSince } from "../trail/since.ts";

const encoder = new TextEncoder();

function record(value: string | null, headers: Record<string, string> = {}): PlainRecord {
  return {
    key: encoder.encode("k"),
    value: value === null ? null : encoder.encode(value),
    headers: Object.entries(headers).map(([key, text]) => ({ key, value: encoder.encode(text) })),
    timestamp: 1_700_000_000_000,
    offset: 7,
  };
}

const caught = (act: () => unknown): WeirError | null => {
  try {
    act();
    return null;
  } catch (error) {
    return error instanceof WeirError ? error : null;
  }
};

test.each([
  ["record.amount > 100.0", record('{"amount":101}'), true],
  ["record.amount > 100.0", record('{"amount":5}'), false],
  ['prediction.label == "late"', record('{"prediction":{"label":"late"}}'), true],
  ['headers["weir.branch"] == "auto/high"', record("{}", { "weir.branch": "auto/high" }), true],
  ['headers["weir.branch"] == "auto/high"', record("no json", { "weir.branch": "auto/high" }), true],
  ["record.amount > 100.0", record('{"amount":"much"}'), false],
  ["record.amount > 100.0", record(null), false],
])("%s", (source, given, expected) => expect(createFilter(source).takes(given)).toBe(expected));

test("records that a filter cannot judge are left out and counted", () => {
  const filter = createFilter("record.amount > 100.0");
  expect([record("{}"), record('{"amount":200}'), record("not json")].map(filter.takes)).toEqual([false, true, false]);
  expect(filter.undecided).toBe(2);
});

test("a filter that is none is refused with its column before anything is read", () => {
  expect(caught(() => createFilter("record.amount >"))).toMatchObject({ exitCode: 2, problem: { code: "WEIR-6020" } });
  expect(caught(() => createFilter("record.amount + 1.0"))).toMatchObject({ problem: { code: "WEIR-6020" } });
});

test("formats", () => {
  const lane = { topic: "t", partition: 3 };
  const given = record('{"a":1}', { "weir.id": "x" });
  expect(formatRecord("value", lane, given)).toBe('{"a":1}');
  expect(formatRecord("key-value", lane, given)).toBe('k\t{"a":1}');
  expect(formatRecord("id", lane, given)).toBe("x");
  expect(formatRecord("id", lane, record("{}"))).toBe("t-3-7");
  expect(formatRecord("full", lane, given)).toBe('t/3/7  2023-11-14T22:13:20.000Z  k\n  weir.id=x\n  {"a":1}');
  expect(JSON.parse(formatRecord("json", lane, given))).toEqual({
    topic: "t",
    partition: 3,
    offset: 7,
    timestamp: 1_700_000_000_000,
    key: "k",
    value: '{"a":1}',
    headers: [["weir.id", "x"]],
  });
  expect(caught(() => parseFormat("yaml"))).toMatchObject({ exitCode: 2, problem: { code: "WEIR-6004" } });
});

test("times are spans before now, or dates", () => {
  expect(parseSince("30m", 10_000_000)).toBe(8_200_000);
  expect(parseSince("2013-02-08T05:00Z", 0)).toBe(Date.UTC(2013, 1, 8, 5));
  expect(caught(() => parseSince("yesterday", 0))).toMatchObject({ exitCode: 2 });
});
