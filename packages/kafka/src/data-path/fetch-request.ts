import { NO_UUID, type Fetch, type ValueOf } from "../wire/index.ts";
import type { TopicInfo } from "../connection/index.ts";
import type { Position } from "@weir/stream";

type FetchRequest = ValueOf<typeof Fetch.request>;

export interface FetchLimits {
  readonly waitMs: number;
  readonly maxBytes: number;
  readonly maxPartitionBytes: number;
  readonly committed: boolean;
}

/** Where the broker may start with the next fetch; a full fetch, without a session. */
export function fetchRequest(positions: readonly Position[], topics: ReadonlyMap<string, TopicInfo>, limits: FetchLimits): FetchRequest {
  const byTopic = new Map<string, Position[]>();
  for (const position of positions) {
    const list = byTopic.get(position.topic);
    if (list) list.push(position);
    else byTopic.set(position.topic, [position]);
  }
  return {
    replica: -1,
    waitMs: limits.waitMs,
    minBytes: 1,
    maxBytes: limits.maxBytes,
    isolation: limits.committed ? 1 : 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [...byTopic].map(([name, list]) => ({
      name,
      topicId: topics.get(name)?.topicId ?? NO_UUID,
      partitions: list.map(({ partition, offset }) => ({
        partition,
        leaderEpoch: -1,
        offset,
        lastFetchedEpoch: -1,
        logStart: -1,
        maxBytes: limits.maxPartitionBytes,
      })),
    })),
    forgotten: [],
    rack: "",
  };
}
