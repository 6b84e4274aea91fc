import type { Lane } from "@weir/record";

export interface Subscriber {
  readonly memberId: string;
  readonly topics: readonly string[];
}

/** Range over all topics at once: partition p of every topic goes to one member, neighbouring partitions stay together. */
export function assignRange(
  partitionsOf: (topic: string) => number | undefined,
  subscribers: readonly Subscriber[],
): ReadonlyMap<string, readonly Lane[]> {
  const sorted = [...subscribers].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const result = new Map<string, Lane[]>(sorted.map((s) => [s.memberId, []]));
  const topics = [...new Set(sorted.flatMap((s) => s.topics))].sort();
  for (const topic of topics) {
    const count = partitionsOf(topic) ?? 0;
    const readers = sorted.filter((s) => s.topics.includes(topic));
    for (let partition = 0; partition < count; partition++) {
      const reader = readers[Math.floor((partition * readers.length) / count)]!; // below readers.length: partition < count
      result.get(reader.memberId)?.push({ topic, partition });
    }
  }
  return result;
}
