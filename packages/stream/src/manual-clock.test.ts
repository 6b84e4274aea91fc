import { expect, test } from "vitest";
import { createManualClock } from "./manual-clock.ts";

test("timers run in the order in which they are due, and what they wake goes on before the next", async () => {
  const clock = createManualClock(1_000);
  const seen: [string, number][] = [];
  const work = async (): Promise<void> => {
    await clock.sleep(20);
    seen.push(["slept", clock.now()]);
    await clock.sleep(5);
    seen.push(["again", clock.now()]);
  };
  const stop = clock.every(10, () => seen.push(["tick", clock.now()]));
  void work();
  await clock.advance(25);
  stop();
  await clock.advance(100);
  expect(seen).toEqual([
    ["tick", 1_010],
    ["slept", 1_020],
    ["tick", 1_020],
    ["again", 1_025],
  ]);
  expect([clock.now(), clock.monotonic()]).toEqual([1_125, 125]);
});

test("time stands still until it is told to go on", async () => {
  const clock = createManualClock();
  let isAwake = false;
  void clock.sleep(1).then(() => (isAwake = true));
  await clock.advance(0);
  expect([isAwake, clock.now()]).toEqual([false, 0]);
  await clock.advance(1);
  expect(isAwake).toBe(true);
});
