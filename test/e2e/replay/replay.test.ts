import { expect, inject, test } from "vitest";
import { replayRun } from "./replay-run.ts";

test("a replay whose tool is killed twice sends each selected record once, in order, and none of the others", async () => {
  const result = await replayRun({ address: inject("kafka"), seed: 1, letters: 1000, rate: 100, kills: 2 });
  console.log(JSON.stringify(result));
  expect(result).toMatchObject({
    planned: 600,
    records: 600,
    lost: 0,
    doubled: 0,
    outOfOrder: 0,
    foreign: 0,
    deadLetters: 1000,
    state: "finished",
    outcomes: { replayed: 600, "failed-again": 0, skipped: 0 },
    auditWhole: true,
    again: 0,
  });
  expect(result.auditActions[0]).toBe("replay.started");
  expect(result.auditActions.filter((action) => action === "replay.finished")).toHaveLength(1);
});
