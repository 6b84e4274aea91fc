import { expect, test } from "vitest";
import { batchOfValues, flight, flights, inputOf, stageOfFlights, toldBy } from "./flights.ts";

// A gate applies rules. Some judge a record: it breaks the contract (dead letter), or it can be read and is wrong
// (quarantine, from where a person may release it). The flights pipeline has both.

test("a record that breaks a rule is quarantined and says which one; one that breaks the contract is a dead letter", async () => {
  const { stage, close } = await stageOfFlights("gate");
  const values = [flight({ dep_delay: null }), flight({ distance: 9000 }), flight({ distance: "far" }), flight()];
  const atOnce = await stage.process([batchOfValues(inputOf("gate"), values)]); // what cannot be read waits for no window
  const atTheEnd = stage.endOfInput?.({ topic: inputOf("gate"), partition: 0 }) ?? [];
  const all = [...toldBy(stage, [...atOnce, ...atTheEnd])].sort((a, b) => a.offset - b.offset);
  expect(all.map(({ offset, port }) => [offset, port])).toEqual([
    [0, "quarantine"],
    [1, "quarantine"],
    [2, "dlq"],
    [3, "pass"],
  ]);
  expect(all[2]?.failure).toContain("/distance");
  await close();
});

test("rules have ids, and are listed in the pipeline file", () => {
  const gate = flights.pipeline.stages.get("gate");
  expect(gate?.type === "gate" && gate.rules.map((rule) => rule.id)).toEqual(
    expect.arrayContaining(["contract", "dep-delay-nulls", "dep-delay", "distance"]),
  );
});
