import type { TopicPlan } from "@weir/pipeline";
import { expect, test } from "vitest";
import { planTopics } from "./plan.ts";

const wanted: TopicPlan = {
  name: "p.out",
  family: "data",
  partitions: 4,
  configs: { "cleanup.policy": "delete", "retention.ms": "1000" },
};
const there = (partitions: number, configs: Record<string, string>) =>
  new Map([["p.out", { partitions, configs: new Map(Object.entries(configs)) }]]);

test.each([
  ["missing", new Map(), [["create", "safe"]]],
  ["as it should be", there(4, { ...wanted.configs, "segment.bytes": "9" }), []],
  ["with fewer partitions", there(1, wanted.configs), [["grow", "data-affecting"]]],
  ["kept shorter than it should be", there(4, { "cleanup.policy": "delete", "retention.ms": "10" }), [["alter", "safe"]]],
  ["kept longer than it should be", there(4, { "cleanup.policy": "delete", "retention.ms": "9000" }), [["alter", "data-affecting"]]],
  ["kept for good", there(4, { "cleanup.policy": "delete", "retention.ms": "-1" }), [["alter", "data-affecting"]]],
  ["compacted", there(4, { "cleanup.policy": "compact", "retention.ms": "1000" }), [["alter", "data-affecting"]]],
] as const)("a topic that is %s", (_what, found, changes) => {
  expect(planTopics([wanted], found).map((c) => [c.what, c.effect])).toEqual(changes);
});

test("partitions are never taken away: people have to decide", () => {
  const [change] = planTopics([wanted], there(8, wanted.configs));
  expect(change).toMatchObject({
    what: "grow",
    effect: "data-affecting",
    refused: expect.stringContaining("Kafka takes no partitions away"),
  });
});
