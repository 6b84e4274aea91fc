import fc from "fast-check";
import { expect, test } from "vitest";
import { numericTime, parseTime } from "./time.ts";

function read(text: string): number {
  const bytes = new TextEncoder().encode(`"${text}"`);
  return parseTime(bytes, 1, bytes.length - 2);
}

test("every instant that Date prints reads back", () => {
  const instant = fc.date({ min: new Date("0000-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true });
  fc.assert(
    fc.property(instant, fc.integer({ min: -1439, max: 1439 }), (date, offset) => {
      const local = new Date(date.getTime() + offset * 60_000).toISOString();
      const hhmm = `${String(Math.trunc(Math.abs(offset) / 60)).padStart(2, "0")}:${String(Math.abs(offset) % 60).padStart(2, "0")}`;
      expect(read(date.toISOString())).toBe(date.getTime());
      if (local.length === 24) expect(read(local.replace("Z", `${offset < 0 ? "-" : "+"}${hhmm}`))).toBe(date.getTime());
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ["2013-02-01T10:00:00Z", "2013-02-01T10:00:00.000Z"],
  ["2013-02-01t10:00:00.5z", "2013-02-01T10:00:00.500Z"],
  ["2013-02-01 10:00:00.123987+01:30", "2013-02-01T08:30:00.123Z"],
  ["2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z"],
  ["2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"],
  ["2017-01-01T05:29:60+05:30", "2017-01-01T00:00:00.000Z"],
])("%s is %s", (text, expected) => {
  expect(new Date(read(text)).toISOString()).toBe(expected);
});

test.each([
  "",
  "2013-02-01",
  "2013-02-01T10:00:00",
  "2013-02-01T10:00Z",
  "2013-2-01T10:00:00Z",
  "2013-13-01T10:00:00Z",
  "2013-00-01T10:00:00Z",
  "2013-02-29T10:00:00Z",
  "1900-02-29T10:00:00Z",
  "2013-04-31T10:00:00Z",
  "2013-02-00T10:00:00Z",
  "2013-02-01T24:00:00Z",
  "2013-02-01T10:60:00Z",
  "2013-02-01T10:00:61Z",
  "2013-02-01T10:00:60Z",
  "2013-02-01T10:00:00.Z",
  "2013-02-01T10:00:00+24:00",
  "2013-02-01T10:00:00+01:60",
  "2013-02-01T10:00:00+0100",
  "2013-02-01T10:00:00ZZ",
  "2013-02-01T10:00:00Z ",
  "2013/02/01T10:00:00Z",
  "20a3-02-01T10:00:00Z",
])("%j is no time", (text) => {
  expect(read(text)).toBeNaN();
});

test("numeric times have a unit and the range of dates", () => {
  expect(numericTime(1.5, "s")).toBe(1500);
  expect(numericTime(-3, "ms")).toBe(-3);
  expect(numericTime(8.64e15, "s")).toBeNaN();
});
