import { expect, inject, test } from "vitest";
import { createTopicAdmin } from "./topic-admin.ts";

const brokers = [inject("kafka")];
let made = 0;
const topicName = (): string => `admin-${Date.now().toString(36)}-${made++}`;

test("topics are described as they were created, altered and grown, and gone when they are deleted", async () => {
  await using admin = await createTopicAdmin({ brokers, clientId: "weir-admin-test" });
  const [name, other, missing] = [topicName(), topicName(), topicName()];
  const configs = { "cleanup.policy": "compact", "max.message.bytes": "2097152" };
  await admin.create([
    { name, partitions: 2, configs },
    { name: other, partitions: 1 },
  ]);
  expect(await admin.describe([name, other, missing])).toEqual(
    new Map([
      [name, { partitions: 2, configs: new Map(Object.entries(configs)) }],
      [other, { partitions: 1, configs: new Map() }],
    ]),
  );
  await admin.grow(name, 5);
  await admin.alter(name, { "cleanup.policy": "delete", "retention.ms": "1000" });
  expect((await admin.describe([name])).get(name)).toEqual({
    partitions: 5,
    configs: new Map(Object.entries({ "cleanup.policy": "delete", "max.message.bytes": "2097152", "retention.ms": "1000" })),
  });
  await admin.delete([name, other]);
  await expect.poll(async () => (await admin.describe([name, other])).size, { timeout: 10_000 }).toBe(0);
});

test("what the broker refuses is said with its reason", async () => {
  await using admin = await createTopicAdmin({ brokers, clientId: "weir-admin-test" });
  const name = topicName();
  await admin.create([{ name, partitions: 3 }]);
  await expect(admin.grow(name, 2)).rejects.toMatchObject({ problem: { code: "WEIR-7007" } });
  await expect(admin.alter(name, { "retention.ms": "soon" })).rejects.toMatchObject({
    problem: { code: "WEIR-7007", why: expect.stringContaining("INVALID_CONFIG") as string },
  });
  await expect(admin.delete([topicName()])).rejects.toThrow(/UNKNOWN_TOPIC_OR_PARTITION/);
  await admin.delete([name]);
});
