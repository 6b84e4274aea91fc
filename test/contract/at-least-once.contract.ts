import { randomUUID } from "node:crypto";
import { laneKey, type Lane } from "@weir/record";
import { isReplaced, type Log, type Membership, type Producer } from "@weir/stream";
import { describe, expect, test } from "vitest";
import type { LogUnderTest } from "./log-under-test.ts";
import { createMembers, type Members } from "./test-member.ts";
import { lanesOf, newProducer, newTopic, readAll, text, textBatch, valuesOf } from "./topics.ts";

const newGroup = (): string => `contract-${randomUUID()}`;
const newId = (): string => `contract-${randomUUID()}`;
const producerOf = (log: Log, transactionalId: string = newId()): Promise<Producer> =>
  log.producer({ transactionalId, rotate: 2, guarantee: "at-least-once" });

async function joinAlone(members: Members, log: Log, group: string, lanes: readonly Lane[]): Promise<Membership> {
  const member = await members.join(log, { group, topics: [lanes[0]?.topic ?? ""] });
  await members.until(() => member.owned().length === lanes.length);
  return member.membership;
}

/** The error that it ends with; null: none. */
function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => null,
    (error: unknown) => error,
  );
}

/** What a producer does that writes outside of transactions. */
export function describeAtLeastOnce(of: () => LogUnderTest): void {
  describe("at least once", () => {
    test("records can be read when they are written, and stay when the offsets are not committed", async () => {
      const { log } = of();
      const lanes = lanesOf(await newTopic(log, 1), 1);
      const lane = lanes[0]!; // one partition
      const out = { topic: await newTopic(log), partition: 0 };
      const group = newGroup();
      await using members = createMembers();
      const membership = await joinAlone(members, log, group, lanes);
      await using producer = await producerOf(log);
      const committed = async (): Promise<unknown> => [
        (await log.committed(group, lanes, null)).get(laneKey(lane)),
        (await log.marked(group, lanes, null)).get(laneKey(lane)),
      ];
      const first = producer.begin();
      first.write(out, textBatch(out, "a", "b"));
      expect((await first.flush()).get(laneKey(out))).toEqual([{ first: 0, count: 2 }]);
      expect([await valuesOf(log, out), await committed()]).toEqual([
        ["a", "b"],
        [null, null],
      ]);
      await log.mark(membership, [{ ...lane, offset: 0, text: "beside it" }]);
      await first.commit({ membership, incarnation: membership.incarnation, positions: [{ ...lane, offset: 2 }] });
      expect(await committed()).toEqual([2, null]);

      const dropped = producer.begin();
      dropped.write(out, textBatch(out, "c"));
      await dropped.flush();
      await dropped.abort();
      const next = producer.begin();
      next.write(out, textBatch(out, "d"));
      await next.commit(null);
      expect([await valuesOf(log, out), await committed()]).toEqual([
        ["a", "b", "c", "d"],
        [2, null],
      ]);
    });

    test("what was written before a commit that is refused stays, its offsets do not; the same is written again after `init`", async () => {
      const { log, forget } = of();
      const lanes = lanesOf(await newTopic(log, 1), 1);
      const lane = lanes[0]!; // one partition
      const out = { topic: await newTopic(log), partition: 0 };
      const group = newGroup();
      await using members = createMembers();
      const membership = await joinAlone(members, log, group, lanes);
      await using producer = await producerOf(log);
      const offsets = { membership, incarnation: membership.incarnation, positions: [{ ...lane, offset: 2 }] };
      const foreign = producer.begin();
      foreign.write(out, textBatch(out, "a"));
      await expect(
        foreign.commit({ ...offsets, positions: [...offsets.positions, { ...lane, partition: 5, offset: 9 }] }),
      ).rejects.toThrow();
      expect(() => producer.begin()).toThrow(/before the producer is initialised again/);
      await producer.init();
      const again = producer.begin();
      again.write(out, textBatch(out, "a", "b"));
      await forget(group, membership.memberId);
      await expect(again.commit(offsets)).rejects.toThrow();
      await producer.init();
      const found = [await valuesOf(log, out), (await log.committed(group, lanes, null)).get(laneKey(lane))];
      expect(found).toEqual([["a", "a", "b"], null]);
    });

    test("offsets are not committed while something that was written before them is not there", async () => {
      const { log } = of();
      const lanes = lanesOf(await newTopic(log, 1), 1);
      const lane = lanes[0]!; // one partition
      const group = newGroup();
      await using members = createMembers();
      const membership = await joinAlone(members, log, group, lanes);
      await using producer = await producerOf(log);
      const [first, second] = [producer.begin(), producer.begin()];
      const nowhere = { topic: `contract-${randomUUID()}`, partition: 0 };
      first.write(nowhere, textBatch(nowhere, "a"));
      const commits = [
        first.commit(null),
        second.commit({ membership, incarnation: membership.incarnation, positions: [{ ...lane, offset: 1 }] }),
      ];
      expect((await Promise.allSettled(commits)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
      await producer.init();
      expect((await log.committed(group, lanes, null)).get(laneKey(lane))).toBe(null);
    });

    test("a new producer of the same id ends what is open under it, and shuts its owner out of the lanes that it has written to", async () => {
      const { log } = of();
      const lane = { topic: await newTopic(log), partition: 0 };
      const id = newId();
      await using transactional = await log.producer({ transactionalId: id, rotate: 2 });
      const [one, two] = [transactional.begin(), transactional.begin()];
      for (const open of [one, two]) {
        open.write(lane, textBatch(lane, "never committed"));
        await open.flush();
      }
      await using zombie = await producerOf(log, id);
      const before = zombie.begin();
      before.write(lane, textBatch(lane, "before"));
      await before.commit(null);
      expect(await valuesOf(log, lane)).toEqual(["before"]);
      expect(isReplaced(await errorOf(one.commit(null)))).toBe(true);

      await using successor = await producerOf(log, id);
      const own = successor.begin();
      own.write(lane, textBatch(lane, "successor"));
      await own.commit(null);
      const late = zombie.begin();
      late.write(lane, textBatch(lane, "late"));
      expect(isReplaced(await errorOf(late.commit(null)))).toBe(true);
      expect(await valuesOf(log, lane)).toEqual(["before", "successor"]);
    });

    test("order holds record by record over 8 partitions while commits are under way", async () => {
      const { log } = of();
      const lanes = lanesOf(await newTopic(log, 8), 8);
      const [slices, perLane] = [40, 25];
      await using producer = await producerOf(log);
      let previous: Promise<void> = Promise.resolve();
      for (let t = 0; t < slices; t++) {
        const slice = producer.begin();
        for (const lane of lanes) slice.write(lane, textBatch(lane, ...Array.from({ length: perLane }, (_, i) => String(t * perLane + i))));
        const commit = slice.commit(null); // the one before may still be on its way
        await previous;
        previous = commit;
      }
      await previous;
      const found = await readAll(log, lanes);
      const expected = Array.from({ length: slices * perLane }, (_, i) => String(i));
      for (const lane of lanes) expect(found.get(laneKey(lane))?.map((r) => text(r.value))).toEqual(expected);
    });

    test("who reads only what is committed waits for open transactions of others, not for what is written beside them", async () => {
      const { log } = of();
      const lane = { topic: await newTopic(log), partition: 0 };
      await using producer = await producerOf(log);
      await using other = await newProducer(log);
      const first = producer.begin();
      first.write(lane, textBatch(lane, "a"));
      await first.commit(null);
      const open = other.begin();
      open.write(lane, textBatch(lane, "b"));
      await open.flush();
      const second = producer.begin();
      second.write(lane, textBatch(lane, "c"));
      await second.commit(null);
      expect((await log.bounds([lane])).get(laneKey(lane))).toMatchObject({ latest: 1, end: 3 });
      await open.abort();
      expect(await valuesOf(log, lane)).toEqual(["a", "c"]);
    });
  });
}
