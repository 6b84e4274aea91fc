import { RetriableError, WeirError } from "@weir/record";
import type { TopicSpec } from "@weir/stream";
import { setTimeout as sleep } from "node:timers/promises";
import { brokerFailure, type Link, type TopicInfo } from "../connection/index.ts";
import { CreateTopics, knownError } from "../wire/index.ts";
import { readBounds } from "./offsets.ts";

const TOPIC_ALREADY_EXISTS = 36;
const CREATE_MS = 30_000;
const PAUSE_MS = 50;
const BROKER_DEFAULT = -1;

/** Creates those that are missing, and waits until every partition of all of them has a leader. */
export async function createTopics(link: Link, specs: readonly TopicSpec[]): Promise<void> {
  if (specs.length === 0) return;
  const existing = await link.topics(
    specs.map((s) => s.name),
    { fresh: true },
  );
  const missing = specs.filter((s) => !existing.has(s.name));
  if (missing.length > 0) await requestTopics(link, missing);
  const topics = await untilLed(
    link,
    specs.map((s) => s.name),
  );
  // A leader that the cluster has named may not know of it yet: ask every one for its offsets.
  await readBounds(
    link,
    topics.flatMap((t) => t.leaders.map((_, partition) => ({ topic: t.name, partition }))),
  );
}

async function requestTopics(link: Link, specs: readonly TopicSpec[]): Promise<void> {
  const answer = await link.call(
    await link.any(),
    CreateTopics,
    {
      topics: specs.map((s) => ({
        name: s.name,
        partitions: s.partitions,
        replicationFactor: s.replicationFactor ?? BROKER_DEFAULT,
        assignments: [],
        configs: Object.entries(s.configs ?? {}).map(([name, value]) => ({ name, value })),
      })),
      timeoutMs: CREATE_MS,
      validateOnly: false,
    },
    { deadlineMs: CREATE_MS + 5_000 },
  );
  for (const topic of answer.topics) {
    if (topic.error === 0 || topic.error === TOPIC_ALREADY_EXISTS) continue;
    const known = knownError(topic.error);
    if (known.kind !== "fatal") throw brokerFailure(topic.error, `creating ${topic.name}`, topic.message);
    throw new WeirError({
      code: "WEIR-7007",
      what: `Kafka does not create the topic ${topic.name}`,
      why: `${known.name}: ${topic.message ?? ""}`,
      fix: "correct name, partitions, replication factor or settings of the topic in the pipeline file",
    });
  }
}

async function untilLed(link: Link, names: readonly string[]): Promise<readonly TopicInfo[]> {
  for (const until = performance.now() + CREATE_MS; ;) {
    const topics = await link.topics(names, { fresh: true });
    const waiting = names.filter((name) => topics.get(name)?.leaders.every((leader) => leader >= 0) !== true);
    if (waiting.length === 0) return [...topics.values()];
    if (performance.now() > until)
      throw new RetriableError("LEADER_NOT_AVAILABLE", `no leader for ${waiting.join(", ")} after ${CREATE_MS} ms`);
    await sleep(PAUSE_MS);
  }
}
