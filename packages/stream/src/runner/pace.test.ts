import { describe, expect, it } from "vitest";
import { isDue, limitsOf } from "./pace.ts";

const commit = { everyMs: 100, bytes: 1000 };

describe("how long a transaction gathers", () => {
  it.each([
    ["the first one: is due at once", { openedAt: 500, sealedAt: -Infinity, behind: false }, { dueAt: 500, bytesMax: 1000 }],
    ["after a silence: at once", { openedAt: 500, sealedAt: 390, behind: false }, { dueAt: 500, bytesMax: 1000 }],
    ["close behind another: so long after that one", { openedAt: 500, sealedAt: 495, behind: false }, { dueAt: 595, bytesMax: 1000 }],
    ["far behind: four times as long and as much", { openedAt: 500, sealedAt: 495, behind: true }, { dueAt: 900, bytesMax: 4000 }],
    ["far behind after a silence: the same", { openedAt: 500, sealedAt: -Infinity, behind: true }, { dueAt: 900, bytesMax: 4000 }],
  ])("%s", (_what, opening, limits) => {
    expect(limitsOf({ ...opening, commit })).toEqual(limits);
  });

  it("until it is time, or it is full", () => {
    const unit = (bytes: number): Parameters<typeof isDue>[0] => ({ dueAt: 600, bytesMax: 1000, bytes: () => bytes });
    expect([isDue(unit(999), 599), isDue(unit(0), 600), isDue(unit(1000), 0)]).toEqual([false, true, true]);
  });
});
