import { laneKey, RetriableError, type Lane } from "@weir/record";
import type { Bounds, Mark, Membership } from "@weir/stream";
import { setTimeout as sleep } from "node:timers/promises";
import { brokerFailure, type Link } from "../connection/index.ts";
import { knownError, ListOffsets, OffsetCommit, OffsetFetch } from "../wire/index.ts";
import { firstError } from "./transactional-id.ts";

const EARLIEST = -2;
const LATEST = -1;
const UNCOMMITTED = 0;
const COMMITTED = 1;
const ATTEMPTS = 100;
const PAUSE_MS = 50;
/** An open transaction ends at the latest by its time-out; nobody waits longer than for that. */
const STABLE_MS = 120_000;
const UNSTABLE_OFFSET_COMMIT = 88;

/** First offset, last stable offset and end of every lane, from its leader. */
export async function readBounds(link: Link, lanes: readonly Lane[]): Promise<ReadonlyMap<string, Bounds>> {
  const [earliest, latest, end] = await Promise.all([
    listOffsets(link, lanes, EARLIEST, COMMITTED),
    listOffsets(link, lanes, LATEST, COMMITTED),
    listOffsets(link, lanes, LATEST, UNCOMMITTED),
  ]);
  return new Map(
    lanes.map((lane) => {
      const key = laneKey(lane);
      return [key, { earliest: offsetOf(earliest, key), latest: offsetOf(latest, key), end: offsetOf(end, key) }];
    }),
  );
}

function offsetOf(offsets: ReadonlyMap<string, number>, key: string): number {
  const offset = offsets.get(key);
  if (offset === undefined) throw new RetriableError("MISSING_ANSWER", `ListOffsets: no answer for ${key}`);
  return offset;
}

async function listOffsets(link: Link, lanes: readonly Lane[], timestamp: number, isolation: number): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (let attempt = 0; found.size < lanes.length; attempt++) {
    const left = lanes.filter((lane) => !found.has(laneKey(lane)));
    const names = [...new Set(left.map((l) => l.topic))];
    const topics = await link.topics(names, { fresh: attempt > 0 });
    const byLeader = new Map<number, Lane[]>();
    for (const lane of left) {
      const leader = topics.get(lane.topic)?.leaders[lane.partition] ?? -1;
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), lane]);
    }
    const problems: string[] = (byLeader.get(-1) ?? []).map((lane) => `${laneKey(lane)} has no leader`);
    byLeader.delete(-1);
    await Promise.all(
      [...byLeader].map(async ([leader, group]) => {
        try {
          await askLeader(link, leader, group, { timestamp, isolation }, found, problems);
        } catch (error) {
          if (!(error instanceof RetriableError) || error.code === "TIMEOUT") throw error;
          problems.push(error.message); // a leader that is gone: the next attempt looks for its successor
        }
      }),
    );
    if (problems.length === 0) continue;
    if (attempt === ATTEMPTS) throw new RetriableError("LEADER_NOT_AVAILABLE", problems.join("; "));
    await sleep(PAUSE_MS);
  }
  return found;
}

async function askLeader(
  link: Link,
  leader: number,
  lanes: readonly Lane[],
  ask: { readonly timestamp: number; readonly isolation: number },
  found: Map<string, number>,
  problems: string[],
): Promise<void> {
  const topics = new Map<string, Lane[]>();
  for (const lane of lanes) topics.set(lane.topic, [...(topics.get(lane.topic) ?? []), lane]);
  const answer = await link.call(await link.socket(leader, "control"), ListOffsets, {
    replica: -1,
    isolation: ask.isolation,
    topics: [...topics].map(([name, list]) => ({
      name,
      partitions: list.map(({ partition }) => ({ partition, leaderEpoch: -1, timestamp: ask.timestamp })),
    })),
  });
  for (const topic of answer.topics) {
    for (const partition of topic.partitions) {
      const key = laneKey({ topic: topic.name, partition: partition.partition });
      if (partition.error === 0) found.set(key, partition.offset);
      else if (["refresh", "retry"].includes(knownError(partition.error).kind))
        problems.push(`${key}: ${knownError(partition.error).name}`);
      else throw brokerFailure(partition.error, `ListOffsets of ${key}`);
    }
  }
}

/**
 * Committed offsets by lane, once no transaction that could move them is open: an offset read earlier would be read again
 * by somebody else's commit.
 */
export async function readCommitted(
  link: Link,
  group: string,
  lanes: readonly Lane[],
  member: Membership | null,
): Promise<ReadonlyMap<string, number | null>> {
  return new Map([...(await readAll(link, group, lanes, member))].map(([key, { offset }]) => [key, offset < 0 ? null : offset]));
}

/** Texts that `writeMarks` left beside committed offsets, by lane. */
export async function readMarks(
  link: Link,
  group: string,
  lanes: readonly Lane[],
  member: Membership | null,
): Promise<ReadonlyMap<string, string | null>> {
  return new Map([...(await readAll(link, group, lanes, member))].map(([key, { metadata }]) => [key, metadata || null]));
}

/** Commits offsets with a text each; the broker refuses when the member's epoch is not the current one. */
export async function writeMarks(link: Link, { group, memberId, epoch }: Membership, marks: readonly Mark[]): Promise<void> {
  const topics = new Map<string, { partition: number; offset: number; leaderEpoch: number; metadata: string }[]>();
  for (const { topic, partition, offset, text } of marks)
    topics.set(topic, [...(topics.get(topic) ?? []), { partition, offset, leaderEpoch: -1, metadata: text }]);
  const request = {
    group,
    generation: epoch,
    memberId,
    instanceId: null,
    topics: [...topics].map(([name, partitions]) => ({ name, partitions })),
  };
  const error = firstError(await link.toCoordinator("group", group, OffsetCommit, request, { errorOf: firstError }));
  if (error !== 0) throw brokerFailure(error, `OffsetCommit of ${group}`);
}

interface CommittedOffset {
  readonly offset: number;
  readonly metadata: string | null;
}

async function readAll(
  link: Link,
  group: string,
  lanes: readonly Lane[],
  member: Membership | null,
): Promise<ReadonlyMap<string, CommittedOffset>> {
  const found = new Map<string, CommittedOffset>();
  const until = performance.now() + STABLE_MS;
  while (found.size < lanes.length) {
    const left = lanes.filter((lane) => !found.has(laneKey(lane)));
    const problem = await askCoordinator(link, group, left, member, found);
    if (found.size === lanes.length) break;
    if (performance.now() > until)
      throw new RetriableError("UNSTABLE_OFFSET_COMMIT", `offsets of ${group}: ${problem} for ${STABLE_MS} ms`);
    await sleep(PAUSE_MS);
  }
  return found;
}

/** Fills `found`; gives what the rest is waiting for. */
async function askCoordinator(
  link: Link,
  group: string,
  lanes: readonly Lane[],
  member: Membership | null,
  found: Map<string, CommittedOffset>,
): Promise<string> {
  const topics = new Map<string, number[]>();
  for (const lane of lanes) topics.set(lane.topic, [...(topics.get(lane.topic) ?? []), lane.partition]);
  const answer = await link.toCoordinator(
    "group",
    group,
    OffsetFetch,
    {
      groups: [
        {
          group,
          memberId: member?.memberId ?? null,
          memberEpoch: member?.epoch ?? -1,
          topics: [...topics].map(([name, partitions]) => ({ name, partitions })),
        },
      ],
      requireStable: true,
    },
    { errorOf: (a) => a.groups[0]?.error ?? 0 },
  );
  const [mine] = answer.groups;
  if (mine === undefined) throw new RetriableError("MISSING_ANSWER", `OffsetFetch: no answer for ${group}`);
  if (mine.error !== 0) {
    const known = knownError(mine.error);
    if (known.kind === "epoch" && member !== null) await member.refresh();
    else if (known.kind !== "coordinator") throw brokerFailure(mine.error, `OffsetFetch of ${group}`);
    return known.name;
  }
  let waiting = "no answer";
  for (const topic of mine.topics) {
    for (const partition of topic.partitions) {
      const key = laneKey({ topic: topic.name, partition: partition.partition });
      if (partition.error === 0) found.set(key, partition);
      else if (partition.error === UNSTABLE_OFFSET_COMMIT) waiting = `an open transaction over ${key}`;
      else throw brokerFailure(partition.error, `OffsetFetch of ${key} for ${group}`);
    }
  }
  return waiting;
}
