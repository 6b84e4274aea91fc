import { afterAll, expect, test } from "vitest";
import { CASES } from "./cases/index.ts";
import { openWorlds } from "./worlds.ts";

// One of the list, which can be had quickly and which no other test has; `npm run test:faults` runs all of it.
const SELECTED = ["cut-answer EndTxn"];

const worlds = openWorlds(1);
afterAll(() => worlds[Symbol.asyncDispose]());

test.each(CASES.filter((of) => SELECTED.includes(of.name)))("$name: $how", async (of) => {
  const [seed = 1] = of.seeds;
  const result = await worlds.run({ ...of, records: 6000 }, seed);
  console.log(JSON.stringify(result));
  expect(result).toMatchObject({ holds: true, unhandled: 0 });
});
