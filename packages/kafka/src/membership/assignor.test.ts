import fc from "fast-check";
import { laneKey, type Lane } from "@weir/record";
import { expect, test } from "vitest";
import { assignLanes, type Claim } from "./assignor.ts";
import { readAssignment, readSubscription, writeAssignment, writeSubscription } from "./classic-metadata.ts";

const TOPICS = ["a", "b"];
const partitionsOf = (count: number): ReadonlyMap<string, number> => new Map(TOPICS.map((t) => [t, count]));
const claim = (memberId: string, owned: readonly Lane[] = [], generation = 1): Claim => ({ memberId, topics: TOPICS, owned, generation });

/** Rounds until nothing moves, as the group would go through them: what is taken away has been given back by the next. */
function settle(count: number, members: readonly Claim[]): { rounds: number; shares: ReadonlyMap<string, readonly Lane[]> } {
  let shares = assignLanes(partitionsOf(count), members);
  for (let rounds = 1; ; rounds++) {
    const next = assignLanes(
      partitionsOf(count),
      members.map((m) => claim(m.memberId, shares.get(m.memberId) ?? [], rounds + 1)),
    );
    if (JSON.stringify([...next]) === JSON.stringify([...shares])) return { rounds, shares };
    shares = next;
  }
}

const someGroup = fc.record({
  count: fc.integer({ min: 1, max: 12 }),
  before: fc.integer({ min: 1, max: 5 }),
  after: fc.integer({ min: 1, max: 5 }),
});

test("after a change every lane has one owner, evenly, with partition p of all topics together, two rounds later at most", () => {
  fc.assert(
    fc.property(someGroup, ({ count, before, after }) => {
      const old = settle(
        count,
        Array.from({ length: before }, (_, i) => claim(`m${i}`)),
      ).shares;
      const members = Array.from({ length: after }, (_, i) => claim(`m${i}`, old.get(`m${i}`) ?? []));
      const { rounds, shares } = settle(count, members);
      const lanes = [...shares.values()].flat();
      expect(lanes.map(laneKey).sort()).toEqual(
        TOPICS.flatMap((topic) => Array.from({ length: count }, (_, partition) => laneKey({ topic, partition }))).sort(),
      );
      const sizes = [...shares.values()].map((s) => s.length / TOPICS.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      for (const share of shares.values()) {
        const of = (topic: string): number[] =>
          share
            .filter((l) => l.topic === topic)
            .map((l) => l.partition)
            .sort((a, b) => a - b);
        expect(of("a")).toEqual(of("b"));
      }
      expect(rounds).toBeLessThanOrEqual(2);
    }),
  );
});

test("a lane is given to nobody while its holder has not handed it back", () => {
  fc.assert(
    fc.property(someGroup, ({ count, before, after }) => {
      const old = settle(
        count,
        Array.from({ length: before }, (_, i) => claim(`m${i}`)),
      ).shares;
      const members = Array.from({ length: before + after }, (_, i) => claim(`m${i}`, old.get(`m${i}`) ?? []));
      const shares = assignLanes(partitionsOf(count), members);
      for (const [memberId, share] of shares) {
        for (const lane of share) {
          const holder = [...old].find(([, lanes]) => lanes.some((l) => laneKey(l) === laneKey(lane)))?.[0];
          expect(holder === undefined || holder === memberId).toBe(true);
        }
      }
    }),
  );
});

test("of two claims to a lane the one of the newer generation counts", () => {
  const lane = { topic: "a", partition: 0 };
  const shares = assignLanes(new Map([["a", 1]]), [claim("old", [lane], 3), claim("new", [lane], 4)]);
  expect([shares.get("old"), shares.get("new")]).toEqual([[], [lane]]);
});

test("what members tell one another reads back as it was written", () => {
  const owned = [
    { topic: "a", partition: 0 },
    { topic: "a", partition: 7 },
    { topic: "ünï", partition: 1 },
  ];
  expect(readSubscription("m", writeSubscription({ topics: TOPICS, owned, generation: 5 }))).toEqual({
    memberId: "m",
    topics: TOPICS,
    owned,
    generation: 5,
  });
  expect(readAssignment(writeAssignment(owned))).toEqual(owned);
  expect(readAssignment(new Uint8Array(0))).toEqual([]);
});
