import { fileURLToPath } from "node:url";
import { loadPipeline } from "@weir/service";
import { createManualClock, createMemoryLog, type Guarantee, type Log } from "@weir/stream";
import { expect, test } from "vitest";
import { auditCounts } from "./audit-counts.ts";

const { pipeline, ...loaded } = loadPipeline(fileURLToPath(new URL("../../../../deploy/pipelines/flights", import.meta.url)), {});
const { topology } = loaded;
const ENTERED = 3;

/** Three records went through all stages, as the execution log tells it, and so many of them lie at an end. */
async function createTopics(atEnd: number): Promise<Log> {
  const log = createMemoryLog({ clock: createManualClock(0) });
  await log.createTopics(topology.topics);
  const write = (topic: string, values: readonly object[]): void =>
    log.append(
      { topic, partition: 0 },
      values.map((value) => ({ value: Buffer.from(JSON.stringify(value)) })),
    );
  write(topology.entryTopic, Array(ENTERED).fill({}));
  write("flights.route.auto", Array(atEnd).fill({}));
  const ports = [
    ["gate", "pass"],
    ["score", "out"],
    ["route", "auto"],
  ] as const;
  const at = { slot: "s", spec: "5bec", preparedAt: "2026-01-01T00:00:00.000Z", held: 0, classes: {} };
  write(
    topology.executions,
    ports.map(([stage, port]) => ({ v: 1, stage, ...at, in: [{ topic: "t", count: ENTERED }], ports: { [port]: ENTERED } })),
  );
  return log;
}

const balanced = async (guarantee: Guarantee, atEnd: number): Promise<boolean> =>
  (await auditCounts({ ...loaded, pipeline: { ...pipeline, delivery: { ...pipeline.delivery, guarantee } } }, await createTopics(atEnd)))
    .balanced;

test.each([
  ["exactly-once", [false, true, false]],
  ["at-least-once", [false, true, true]],
] as const)("%s, one record too few, as many as entered, and one too many at the ends", async (guarantee, expected) => {
  const found = [];
  for (const atEnd of [ENTERED - 1, ENTERED, ENTERED + 1]) found.push(await balanced(guarantee, atEnd));
  expect(found).toEqual(expected);
});
