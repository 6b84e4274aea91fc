import { systemClock } from "@weir/service";
import { createMemoryLog, type Log } from "@weir/stream";
import { expect, test } from "vitest";
import { EXPECTED, playInto, startPipeline } from "./flights-run.ts";
import { flights, sample } from "./flights.ts";

// Stages, topics, groups and transactions together: the pipeline that `npm start` shows, over a log in memory. The very same
// services run over Kafka in the next chapter.

test("two weeks of flights: every one of them ends on exactly one topic", async () => {
  const log = createMemoryLog({ clock: systemClock });
  await log.createTopics(flights.topology.topics);
  const shared: Log = { ...log, [Symbol.asyncDispose]: async () => {} }; // each service closes its connection
  await using _running = await startPipeline(flights, async () => shared);
  await playInto(flights, log, sample());
  const counted = (): Record<string, number> =>
    Object.fromEntries(Object.keys(EXPECTED).map((topic) => [topic, log.read(`flights.${topic}`).flat().length]));
  await expect.poll(counted, { timeout: 60_000, interval: 100 }).toEqual(EXPECTED);
  expect(Object.values(counted()).reduce((sum, count) => sum + count, 0)).toBe(sample().length);
});
