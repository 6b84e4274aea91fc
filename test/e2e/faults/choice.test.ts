import { expect, test } from "vitest";
import { CASES } from "./cases/index.ts";
import { chooseRuns, parseChoice } from "./choice.ts";

test("shards share the list out: every run is in one of them", () => {
  const all = chooseRuns(CASES, parseChoice([])).map((run) => `${run.of.name}/${run.seed}`);
  const shards = [1, 2, 3].flatMap((n) => chooseRuns(CASES, parseChoice(["--shard", `${n}/3`])).map((run) => `${run.of.name}/${run.seed}`));
  expect([...shards].sort()).toEqual([...all].sort());
  expect(new Set(all).size).toBe(all.length);
});

test("names, parts and seeds are chosen, and what is not known is refused", () => {
  const names = (...flags: string[]): string[] => chooseRuns(CASES, parseChoice(flags)).map((run) => `${run.of.name}/${run.seed}`);
  expect(names("--only", "zombie")).toEqual(["zombie/1"]);
  expect(names("--only", "kill in-stage")).toEqual([1, 2, 3].map((seed) => `kill in-stage/${seed}`));
  expect(names("--only", "kill in-stage", "--once")).toEqual(["kill in-stage/1"]);
  expect(() => parseChoice(["--shard", "4/3"])).toThrow("no shard 4 of 3");
  expect(() => parseChoice(["--shrad"])).toThrow("--shrad is not known");
});
