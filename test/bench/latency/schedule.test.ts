import { expect, it } from "vitest";
import { firstFrom, poissonSchedule } from "./schedule.ts";

const RATE = 20_000;
const SECONDS = 10;

it("is the same for the same seed, and another for another", () => {
  const of = (seed: number): number[] => [...poissonSchedule({ rate: 1000, seconds: 1, seed })];
  expect(of(1)).toEqual(of(1));
  expect(of(1).slice(0, 5)).not.toEqual(of(2).slice(0, 5));
});

it("has the rate, and gaps that are exponential: mean, spread and the share of short ones", () => {
  const schedule = poissonSchedule({ rate: RATE, seconds: SECONDS, seed: 3 });
  const expected = RATE * SECONDS;
  expect(Math.abs(schedule.length - expected)).toBeLessThan(4 * Math.sqrt(expected));
  const mean = 1e6 / RATE;
  const gaps = Array.from(schedule, (at, i) => at - (i === 0 ? 0 : schedule[i - 1]!)); // i - 1 is in it
  expect(Math.min(...gaps.slice(0, 10_000))).toBeGreaterThan(0);
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
  expect(Math.sqrt(variance) / mean).toBeCloseTo(1, 1);
  expect(gaps.filter((gap) => gap < mean).length / gaps.length).toBeCloseTo(1 - Math.exp(-1), 2);
});

it("ends with its time, and tells where a moment lies in it", () => {
  const schedule = poissonSchedule({ rate: RATE, seconds: 1, seed: 4 });
  expect(schedule.at(-1)).toBeLessThan(1e6);
  const at = firstFrom(schedule, 400_000);
  expect(schedule[at]).toBeGreaterThanOrEqual(400_000);
  expect(schedule[at - 1]).toBeLessThan(400_000);
  expect([firstFrom(schedule, 0), firstFrom(schedule, 1e6)]).toEqual([0, schedule.length]);
});
