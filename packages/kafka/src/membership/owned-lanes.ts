import { laneKey, type Lane } from "@weir/record";

/** The lanes that a member holds, and what the group wants it to hold. */
export interface OwnedLanes {
  all(): readonly Lane[];
  /** Held and not wanted. */
  surplus(target: readonly Lane[]): readonly Lane[];
  /** Wanted and not held. */
  missing(target: readonly Lane[]): readonly Lane[];
  add(lanes: readonly Lane[]): void;
  remove(lanes: readonly Lane[]): void;
  /** Gives up everything; what it was. */
  clear(): readonly Lane[];
}

export function createOwnedLanes(): OwnedLanes {
  const held = new Map<string, Lane>();
  return {
    all: () => [...held.values()],
    surplus(target) {
      const wanted = new Set(target.map(laneKey));
      return [...held.values()].filter((lane) => !wanted.has(laneKey(lane)));
    },
    missing: (target) => target.filter((lane) => !held.has(laneKey(lane))),
    add(lanes) {
      for (const lane of lanes) held.set(laneKey(lane), lane);
    },
    remove(lanes) {
      for (const lane of lanes) held.delete(laneKey(lane));
    },
    clear() {
      const lanes = [...held.values()];
      held.clear();
      return lanes;
    },
  };
}

/** Partitions by topic, in the order in which the topics first appear. */
export function byTopic(lanes: readonly Lane[]): ReadonlyMap<string, readonly number[]> {
  const topics = new Map<string, number[]>();
  for (const { topic, partition } of lanes) {
    const list = topics.get(topic);
    if (list) list.push(partition);
    else topics.set(topic, [partition]);
  }
  return topics;
}
