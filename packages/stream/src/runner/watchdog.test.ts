import { expect, test } from "vitest";
import { createManualClock } from "../manual-clock.ts";
import { createWatchdog, type Watchdog } from "./watchdog.ts";

function watched(): { readonly said: string[]; hasWork: boolean; after(seconds: number): Promise<void>; readonly dog: Watchdog } {
  const clock = createManualClock();
  const said: string[] = [];
  const state = { hasWork: true };
  const dog = createWatchdog({
    clock,
    patienceMs: 60_000,
    hasWork: () => state.hasWork,
    onStuck: (ms, fault) => said.push(`stuck for ${ms / 1000} s${fault === null ? "" : `: ${fault}`}`),
    onHopeless: (ms) => said.push(`hopeless after ${ms / 1000} s`),
  });
  return {
    said,
    dog,
    set hasWork(value: boolean) {
      state.hasWork = value;
    },
    after: (seconds) => clock.advance(seconds * 1000),
  };
}

test("work without progress is started again, and given up when that does not help", async () => {
  const { said, after } = watched();
  await after(59);
  expect(said).toEqual([]);
  await after(2);
  expect(said).toEqual(["stuck for 60 s"]);
  await after(58);
  expect(said).toEqual(["stuck for 60 s"]);
  await after(300);
  expect(said).toEqual(["stuck for 60 s", "hopeless after 120 s"]);
});

test("progress begins patience anew, and so does having nothing to do", async () => {
  const w = watched();
  for (let i = 0; i < 5; i++) {
    await w.after(59);
    w.dog.progress();
  }
  w.hasWork = false;
  await w.after(600);
  w.hasWork = true;
  await w.after(58);
  expect(w.said).toEqual([]);
});

test("while the environment says what is wrong it is told again and again, and nothing is ended for it", async () => {
  const w = watched();
  for (let i = 0; i < 3; i++) {
    w.dog.fault("no broker answers");
    await w.after(60);
  }
  expect(w.said).toEqual([60, 120, 180].map((s) => `stuck for ${s} s: no broker answers`));
  await w.after(60);
  expect(w.said.at(-1)).toBe("hopeless after 240 s");
});
