import { readDeadLetter } from "@weir/deadletter";
import { systemClock } from "@weir/service";
import { createMemoryLog, type Log } from "@weir/stream";
import { expect, test } from "vitest";
import { startPipeline, playInto } from "./flights-run.ts";
import { batchOfValues, flight, flights, inputOf, stageOfFlights, text, toldBy } from "./flights.ts";

// What cannot be processed is not lost and stops nobody: it goes to the dead letter topic as it was, with headers that say
// what was wrong, where it came from, and whether trying again could help.

test("a stage says the class and why; the records around it go on", async () => {
  const { stage, close } = await stageOfFlights("score");
  const told = toldBy(stage, await stage.process([batchOfValues(inputOf("score"), ["not JSON", flight(), "null"])]));
  const all = [...told].sort((a, b) => a.offset - b.offset);
  expect(all.map(({ port, failure }) => [port, failure?.split(":")[0] ?? null])).toEqual([
    ["dlq", "DECODE"],
    ["out", null],
    ["dlq", "CONTRACT"],
  ]);
  expect(all[0]?.value).toBe("not JSON");
  await close();
});

test("the dead letter is the record as it was, and its headers tell its story", async () => {
  const log = createMemoryLog({ clock: systemClock });
  await log.createTopics(flights.topology.topics);
  const shared: Log = { ...log, [Symbol.asyncDispose]: async () => {} };
  await using _running = await startPipeline(flights, async () => shared);
  const bad = flight({ distance: "far" });
  await playInto(flights, log, [flight(), bad]);
  await expect.poll(() => log.read(flights.topology.dlq).flat().length, { timeout: 20_000, interval: 50 }).toBe(1);
  const [letter] = log.read(flights.topology.dlq).flat();
  if (letter === undefined) throw new Error("it was there a moment ago");
  expect(text(letter.value)).toBe(bad);
  expect(readDeadLetter(letter)).toMatchObject({
    class: "CONTRACT",
    stage: "gate",
    retriable: false,
    owner: "group:flight-ops",
    hop: { topic: "flights.ingest.out", partition: 3, offset: 1 }, // Newark's
  });
});
