import { expect, it } from "vitest";
import { backoffMs, durationMs, shareOf, sizeBytes } from "./units.ts";

it.each([
  ["100ms", 100],
  ["1.5s", 1500],
  ["2m", 120_000],
  ["5h", 18_000_000],
  ["1d", 86_400_000],
  ["0s", 0],
])("reads %s", (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});

it.each(["100", "ms", "-1s", "1 s", "1w", "1e3s", ""])("does not read %j as a duration", (text) => {
  expect(durationMs(text)).toBeNaN();
});

it.each([
  ["8MiB", 8_388_608],
  ["900kB", 900_000],
  ["1KiB", 1024],
  ["512B", 512],
  ["1.5GiB", 1_610_612_736],
])("reads %s", (text, bytes) => {
  expect(sizeBytes(text)).toBe(bytes);
});

it("reads shares as the nearest fraction", () => {
  for (let ppm = 0; ppm <= 1_000_000; ppm += 4321) expect(shareOf(`${ppm / 10_000}%`)).toBe(ppm / 1_000_000);
  expect(shareOf("100%")).toBe(1);
  expect(shareOf("101%")).toBeNaN();
  expect(shareOf("0.05")).toBeNaN();
});

it("reads a range of durations", () => {
  expect(backoffMs("200ms..5s")).toEqual({ minMs: 200, maxMs: 5000 });
  expect(backoffMs("1s")).toEqual({ minMs: 1000, maxMs: 1000 });
});
