import { expect, test } from "vitest";
import { doorsRun } from "./doors-run.ts";

test("clients that repeat what was not answered have every id once behind the gate, over kills of the door and a restart of the broker", async () => {
  const result = await doorsRun({ records: 5000, clients: 20, batch: 10, kills: 1, note: () => {} });
  console.log(JSON.stringify(result));
  expect(result).toMatchObject({ keyedTwice: 0, behindGate: { records: 5000, lost: 0, doubled: 0, foreign: 0 } });
  expect(Object.values(result.failed).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
}, 400_000);
