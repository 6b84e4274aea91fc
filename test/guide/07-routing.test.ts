import { expect, test } from "vitest";
import { batchOfValues, flight, inputOf, stageOfFlights, toldBy } from "./flights.ts";

// The router sends every record down one branch: the first rule that matches decides, the default takes the rest. A branch
// is a topic; the header says which rule chose it.

const scored = (confidence: number): string =>
  flight({ prediction: { label: "on-time", confidence, scores: {}, model: "late-arrival/1" } });

test("the first rule that matches decides, and the header says which", async () => {
  const { stage, close } = await stageOfFlights("route");
  const values = [0.95, 0.9, 0.7, 0.5].map(scored);
  const told = toldBy(stage, await stage.process([batchOfValues(inputOf("route"), values)]));
  expect(told.map(({ port, header }) => [port, header("weir.branch")])).toEqual([
    ["auto", "auto/high"],
    ["auto", "auto/high"],
    ["review", "review/middle"],
    ["manual", "manual/default"],
  ]);
  expect(told.map(({ value }) => value)).toEqual(values);
  await close();
});
