import { expect, it } from "vitest";
import { createBreaker } from "./breaker.ts";

const spec = { ratio: 0.05, overMs: 60_000 };

it("one poison record in ten thousand, or a few among few, is no reason to stop", () => {
  const breaker = createBreaker(spec);
  expect(breaker.judge({ records: 10_000, failures: 1 }, 0)).toBeNull();
  expect(createBreaker(spec).judge({ records: 3, failures: 3 }, 0)).toBeNull();
});

it("stops at the ratio over the time, the batch that would pass it not taken in", () => {
  const breaker = createBreaker(spec);
  breaker.judge({ records: 1000, failures: 0 }, 0);
  expect(breaker.judge({ records: 30, failures: 30 }, 1000)).toBeNull();
  expect(breaker.judge({ records: 30, failures: 30 }, 2000)).toBe("opened");
  expect([breaker.mayRead(2001), breaker.mayRead(8000)]).toEqual([false, true]);
});

it("forgets what is older", () => {
  const breaker = createBreaker(spec);
  breaker.judge({ records: 10_000, failures: 0 }, 0);
  expect(breaker.judge({ records: 100, failures: 20 }, 30_000)).toBeNull();
  expect(breaker.judge({ records: 100, failures: 20 }, 70_000)).toBe("opened");
});

it("half-open, the next batch decides; the pause grows, and is short again after it closed", () => {
  const breaker = createBreaker(spec);
  expect(breaker.judge({ records: 20, failures: 20 }, 0)).toBe("opened");
  expect(breaker.openUntil).toBe(6000);
  expect(breaker.judge({ records: 1, failures: 1 }, 6000)).toBe("still-open");
  expect(breaker.openUntil).toBe(18_000);
  expect(breaker.judge({ records: 100, failures: 1 }, 18_000)).toBe("closed");
  expect(breaker.mayRead(18_000)).toBe(true);
  expect(breaker.judge({ records: 20, failures: 20 }, 19_000)).toBe("opened");
  expect(breaker.openUntil).toBe(25_000);
});
