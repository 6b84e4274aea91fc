import type { WindowSummary } from "@weir/monitor";
import { expect, it } from "vitest";
import { windowLines } from "./window-lines.ts";

const window = (id: string, said: Partial<WindowSummary>): WindowSummary => ({
  ...{ id, stage: "gate", records: 50, nulls: 0, verdict: "pass", quarantined: false, broken: [] },
  ...said,
});
const broken = [{ rule: "nulls", mode: "enforce", k: 20, n: 50, effect: null }];

it("tells windows that were stopped from those whose records had gone on", () => {
  const lines = windowLines([
    window("a", {}),
    window("b", { verdict: "breach", broken }),
    window("c", { verdict: "breach", quarantined: true, broken }),
    window("d", { quarantined: true }), // diverted, and good
  ]);
  expect(lines.map((line) => line.replace(/ {2}50 records(?:: nulls .*)?$/, ""))).toEqual([
    "\n  The gate stopped 2 of 4 windows before the model saw them:",
    "    c",
    "    d",
    "\n  Of 4 windows 1 broke a rule when their records had gone on:",
    "    b",
  ]);
  expect(windowLines([window("a", {})])).toEqual([]);
});
