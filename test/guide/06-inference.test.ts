import { expect, test } from "vitest";
import { batchOfValues, flight, inputOf, stageOfFlights, toldBy } from "./flights.ts";

// Inference runs an ONNX model over the columns of a batch and splices one member into each value, before its last brace.
// What was there before stays as it was, byte for byte.

test("a prediction is one more member of the same bytes", async () => {
  const { stage, close } = await stageOfFlights("score");
  const value = flight();
  const [told] = toldBy(stage, await stage.process([batchOfValues(inputOf("score"), [value])]));
  expect(told?.port).toBe("out");
  expect(told?.value.startsWith(value.slice(0, -1))).toBe(true);
  const { prediction }: { prediction: { label: string; confidence: number; model: string } } = JSON.parse(told?.value ?? "{}");
  expect(prediction).toMatchObject({ label: "on-time", model: "late-arrival/1" });
  expect(prediction.confidence).toBeCloseTo(0.9127, 3);
  expect(told?.header("weir.model")).toMatch(/^late-arrival\/1#[0-9a-f]{8}$/);
  await close();
});

test("a batch is one run of the model; each row has a prediction of its own", async () => {
  const { stage, close } = await stageOfFlights("score");
  const values = [flight({ dep_delay: -5 }), flight({ dep_delay: 120 })];
  const told = toldBy(stage, await stage.process([batchOfValues(inputOf("score"), values)]));
  const labels = told.map(({ value }) => /"label":"([^"]+)"/.exec(value)?.[1]);
  expect(labels).toEqual(["on-time", "late"]);
  await close();
});

test("a record that has the member already is a dead letter: nobody's prediction is overwritten", async () => {
  const { stage, close } = await stageOfFlights("score");
  const values = [flight({ prediction: { label: "mine" } })];
  const [told] = toldBy(stage, await stage.process([batchOfValues(inputOf("score"), values)]));
  expect([told?.port, told?.failure?.split(":")[0]]).toEqual(["dlq", "CONTRACT"]);
  await close();
});
