import { expect, inject, test } from "vitest";
import { killRun } from "./kill-run.ts";

test.each([1, 2, 3])("kill -9 of a random process every 3 s neither loses, doubles nor reorders a record (seed %i)", async (seed) => {
  const stored = seed === 3 ? ({ compression: "lz4-stored" } as const) : {};
  const result = await killRun({ address: inject("kafka"), seed, records: 200_000, rate: 4000, killEveryMs: 3000, ...stored });
  console.log(JSON.stringify(result));
  expect(result).toMatchObject({ records: 200_000, lost: 0, doubled: 0, outOfOrder: 0, foreign: 0 });
  expect(result.kills).toBeGreaterThanOrEqual(12);
});
