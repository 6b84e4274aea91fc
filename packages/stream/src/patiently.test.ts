import { RetriableError } from "@weir/record";
import { expect, test } from "vitest";
import { createManualClock } from "./manual-clock.ts";
import { patiently } from "./patiently.ts";

test("what the environment refuses is asked for again, a bug and the end of patience are not", async () => {
  const clock = createManualClock();
  const told: string[] = [];
  let refusals = 3;
  const act = (): Promise<string> =>
    refusals-- > 0 ? Promise.reject(new RetriableError("TIMEOUT", `${refusals} more`)) : Promise.resolve("there");
  const asked = patiently(act, clock, (message) => told.push(message) > 0);
  await clock.advance(1000);
  expect([await asked, told]).toEqual(["there", ["2 more", "1 more", "0 more"]]);

  refusals = 1;
  await expect(patiently(act, clock, () => false)).rejects.toThrow("0 more");
  await expect(
    patiently(
      () => Promise.reject(new Error("a bug")),
      clock,
      () => true,
    ),
  ).rejects.toThrow("a bug");
});
