import { laneKey, RetriableError, type Lane } from "@weir/record";
import type { TopicSpec } from "../log.ts";
import { createPartitionLog, type PartitionLog } from "./partition-log.ts";

/** All topics of a log, and who waits for something new in them. */
export interface Topics {
  create(spec: TopicSpec): void;
  partitions(topic: string): number | undefined;
  /** @throws {RetriableError} where there is no such partition. */
  at(lane: Lane): PartitionLog;
  find(lane: Lane): PartitionLog | undefined;
  /** Wakes everybody who waits for news. */
  changed(): void;
  /** Resolves with the next change; the function given back ends the wait. */
  news(): { readonly promise: Promise<void>; readonly cancel: () => void };
}

export function createTopics(): Topics {
  const counts = new Map<string, number>();
  const logs = new Map<string, PartitionLog>();
  const waiting = new Set<() => void>();
  return {
    create({ name, partitions }) {
      if (counts.has(name)) return;
      counts.set(name, partitions);
      for (let partition = 0; partition < partitions; partition++) {
        logs.set(laneKey({ topic: name, partition }), createPartitionLog({ topic: name, partition }));
      }
    },
    partitions: (topic) => counts.get(topic),
    at(lane) {
      const log = logs.get(laneKey(lane));
      if (log === undefined) throw new RetriableError("UNKNOWN_TOPIC_OR_PARTITION", `there is no ${laneKey(lane)}`);
      return log;
    },
    find: (lane) => logs.get(laneKey(lane)),
    changed() {
      const all = [...waiting];
      waiting.clear();
      for (const wake of all) wake();
    },
    news() {
      let wake: () => void = () => undefined;
      const promise = new Promise<void>((resolve) => (wake = resolve));
      waiting.add(wake);
      return { promise, cancel: () => void waiting.delete(wake) };
    },
  };
}
