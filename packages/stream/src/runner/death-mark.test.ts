import { expect, it } from "vitest";
import { suspicionOf, writeDeathMark, type DeathMark } from "./death-mark.ts";

const first: DeathMark = { by: "gone", size: 2500, narrowed: false, alone: 0, until: 3000 };
const seen = (mark: DeathMark, by = "next"): unknown => suspicionOf(writeDeathMark(mark), by);

it("makes the next attempt smaller with every death, and counts those of one record alone", () => {
  expect(seen(first)).toEqual({ size: 157, alone: 0, until: 3000 });
  expect(seen({ ...first, size: 157, narrowed: true })).toEqual({ size: 10, alone: 0, until: 3000 });
  expect(seen({ ...first, size: 10, narrowed: true })).toEqual({ size: 1, alone: 0, until: 3000 });
  expect(seen({ ...first, size: 1, narrowed: true, alone: 1 })).toEqual({ size: 1, alone: 2, until: 3000 });
});

it("counts no death after the stages have answered, and none of one's own", () => {
  const alone = { ...first, size: 1, narrowed: true, alone: 2 };
  expect(seen({ ...alone, survived: true })).toEqual({ size: 1, alone: 2, until: 3000 });
  expect(seen(alone, "gone")).toEqual({ size: 1, alone: 2, until: 3000 });
  expect(seen(first, "gone")).toBeNull();
});

it("makes nothing of what others wrote beside an offset", () => {
  for (const text of [
    null,
    "",
    "AgAAAYk",
    "{}",
    '{"v":2}',
    '{"v":1,"by":"x","size":-1,"narrowed":true,"alone":0,"until":1}',
    "[1]",
    "null",
  ])
    expect(suspicionOf(text, "next")).toBeNull();
});
