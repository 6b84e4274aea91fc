import { randomUUID } from "node:crypto";
import { laneKey, type Lane } from "@weir/record";
import type { GroupOptions, Log } from "@weir/stream";
import { expect, test } from "vitest";
import type { LogUnderTest } from "./log-under-test.ts";
import { createMembers, type Members, type TestMember } from "./test-member.ts";
import { lanesOf, newProducer, newTopic, textBatch, valuesOf } from "./topics.ts";

const newGroup = (): string => `contract-${randomUUID()}`;
/** A slot that comes back waits for nobody's session; a stock broker's is 45 s. */
const AT_ONCE_MS = 10_000;

/** A member that owns all lanes of a topic. */
async function joinAlone(members: Members, log: Log, options: GroupOptions, lanes: readonly Lane[]): Promise<TestMember> {
  const member = await members.join(log, options);
  await members.until(() => member.owned().length === lanes.length);
  return member;
}

const keysOf = (lanes: readonly Lane[]): readonly string[] => lanes.map(laneKey).sort();
const union = (...members: readonly TestMember[]): readonly string[] => members.flatMap((m) => m.owned()).sort();
/** All lanes are somebody's, each one's alone, and everybody has some. */
const isShared = (lanes: readonly Lane[], ...members: readonly TestMember[]): boolean =>
  JSON.stringify(union(...members)) === JSON.stringify(keysOf(lanes)) && members.every((m) => m.owned().length > 0);

export function describeGroups(of: () => LogUnderTest): void {
  describeHandOver(of);
  describeCommits(of);
}

function describeHandOver(of: () => LogUnderTest): void {
  test("lanes are shared out as members come and go: 1, 3, 2", async () => {
    const { log } = of();
    const topic = await newTopic(log, 6);
    const lanes = lanesOf(topic, 6);
    const options = { group: newGroup(), topics: [topic] };
    await using members = createMembers();
    const first = await joinAlone(members, log, options, lanes);
    const second = await members.join(await of().another(), options);
    const third = await members.join(await of().another(), options);
    await members.until(() => isShared(lanes, first, second, third));
    await second.membership.leave();
    await members.until(() => isShared(lanes, first, third));
    expect([first, third].map((m) => m.owned().length)).toEqual([3, 3]);
    expect([first, second, third].flatMap((m) => m.errors)).toEqual([]);
  });

  test("partition p of all topics of a group is in one place", async () => {
    const { log } = of();
    const topics = [await newTopic(log, 4), await newTopic(log, 4)];
    const lanes = topics.flatMap((t) => lanesOf(t, 4));
    const options = { group: newGroup(), topics };
    await using members = createMembers();
    const first = await joinAlone(members, log, options, lanes);
    const second = await members.join(await of().another(), options);
    await members.until(() => isShared(lanes, first, second));
    for (const member of [first, second]) {
      const partitions = topics.map((t) =>
        member.membership
          .owned()
          .filter((l) => l.topic === t)
          .map((l) => l.partition)
          .sort((a, b) => a - b),
      );
      expect(partitions[0]).toEqual(partitions[1]);
      expect(partitions[0]).toHaveLength(2);
    }
  });

  test("a lane changes hands only after its owner's onRevoke has settled", async () => {
    const { log } = of();
    const topic = await newTopic(log, 2);
    const lanes = lanesOf(topic, 2);
    const options = { group: newGroup(), topics: [topic] };
    await using members = createMembers();
    const first = await joinAlone(members, log, options, lanes);
    const release = first.holdRevocation();
    const second = await members.join(await of().another(), options);
    await members.until(() => first.told.some((t) => t.kind === "revoke"));
    for (let i = 0; i < 3; i++) await Promise.all([first.membership.refresh(), second.membership.refresh()]);
    expect([first.owned().length, second.owned().length]).toEqual([2, 0]);
    release();
    await members.until(() => isShared(lanes, first, second));
  });

  test("a slot that comes back without having left gets its lanes at once", async () => {
    const { log } = of();
    const topic = await newTopic(log, 2);
    const lanes = lanesOf(topic, 2);
    const options = { group: newGroup(), topics: [topic], memberId: `weir-${randomUUID()}` };
    await using members = createMembers();
    const killed = await joinAlone(members, log, options, lanes);
    await killed.membership.leave({ abandon: true });
    const since = performance.now();
    await joinAlone(members, await of().another(), options, lanes);
    expect(performance.now() - since).toBeLessThan(AT_ONCE_MS);
  });
}

function describeCommits(of: () => LogUnderTest): void {
  test("offsets and records of a transaction are committed together, or neither", async () => {
    const { log } = of();
    const topic = await newTopic(log, 2);
    const [lane, other] = lanesOf(topic, 2) as [Lane, Lane];
    const group = newGroup();
    const out = { topic: await newTopic(log), partition: 0 };
    await using members = createMembers();
    const { membership } = await joinAlone(members, log, { group, topics: [topic] }, [lane, other]);
    await using producer = await newProducer(log);
    expect([...(await log.committed(group, [lane, other], membership)).values()]).toEqual([null, null]);

    const dropped = producer.begin();
    dropped.write(out, textBatch(out, "aborted"));
    await dropped.abort();
    const kept = producer.begin();
    kept.write(out, textBatch(out, "committed"));
    await kept.commit({ membership, incarnation: membership.incarnation, positions: [{ ...lane, offset: 7 }] });
    expect([await valuesOf(log, out), [...(await log.committed(group, [lane, other], null)).values()]]).toEqual([["committed"], [7, null]]);

    const foreign = producer.begin();
    foreign.write(out, textBatch(out, "foreign"));
    const notOurs = { ...lane, partition: 5, offset: 9 };
    await expect(
      foreign.commit({ membership, incarnation: membership.incarnation, positions: [{ ...lane, offset: 8 }, notOurs] }),
    ).rejects.toThrow();
    await producer.init();
    expect([await valuesOf(log, out), [...(await log.committed(group, [lane], null)).values()]]).toEqual([["committed"], [7]]);
  });

  test("a mark stands beside the offset until the next commit takes it away; from who is no member any more it is refused", async () => {
    const { log, forget } = of();
    const topic = await newTopic(log, 2);
    const [lane, other] = lanesOf(topic, 2) as [Lane, Lane];
    const group = newGroup();
    await using members = createMembers();
    const { membership } = await joinAlone(members, log, { group, topics: [topic] }, [lane, other]);
    await using producer = await newProducer(log);
    const read = async (): Promise<unknown[]> => {
      const found = [await log.committed(group, [lane, other], null), await log.marked(group, [lane, other], null)];
      return found.flatMap((map) => [map.get(laneKey(lane)), map.get(laneKey(other))]);
    };
    expect(await read()).toEqual([null, null, null, null]);
    await log.mark(membership, [{ ...lane, offset: 3, text: "erste Spalte: ä" }]);
    expect(await read()).toEqual([3, null, "erste Spalte: ä", null]);
    const { epoch, memberId } = membership;
    await expect(log.mark({ ...membership, group, memberId, epoch: epoch + 1 }, [{ ...lane, offset: 9, text: "" }])).rejects.toThrow();
    const transaction = producer.begin();
    await transaction.commit({ membership, incarnation: membership.incarnation, positions: [{ ...lane, offset: 7 }] });
    expect(await read()).toEqual([7, null, null, null]);
    await forget(group, membership.memberId);
    await expect(log.mark({ ...membership, group, memberId, epoch }, [{ ...lane, offset: 9, text: "" }])).rejects.toThrow();
    expect((await log.committed(group, [lane], null)).get(laneKey(lane))).toBe(7);
  });

  test.each([
    [true, 5],
    [false, null],
  ] as const)("committed waits while a transaction that may move the offset is open (it commits: %s)", async (commits, expected) => {
    const { log } = of();
    const topic = await newTopic(log, 1);
    const lanes = lanesOf(topic, 1);
    const lane = lanes[0]!; // one partition
    const group = newGroup();
    await using members = createMembers();
    const { membership } = await joinAlone(members, log, { group, topics: [topic] }, lanes);
    const end = await of().stageOffsets(`contract-${randomUUID()}`, membership, [{ ...lane, offset: 5 }]);
    let isAnswered = false;
    const asked = log.committed(group, lanes, null).then((found) => {
      isAnswered = true;
      return found.get(laneKey(lane));
    });
    for (let i = 0; i < 3; i++) await log.bounds(lanes); // three answers later it would have come
    await membership.refresh();
    expect(isAnswered).toBe(false);
    await end(commits);
    expect(await asked).toBe(expected);
  });

  test("a member that the group has forgotten cannot commit, and the next owner reads from where it was", async () => {
    const { log } = of();
    const topic = await newTopic(log, 1);
    const lanes = lanesOf(topic, 1);
    const lane = lanes[0]!; // one partition
    const out = { topic: await newTopic(log), partition: 0 };
    const group = newGroup();
    await using members = createMembers();
    const zombie = await joinAlone(members, log, { group, topics: [topic] }, lanes);
    await using producer = await newProducer(log);
    const open = producer.begin();
    open.write(out, textBatch(out, "zombie"));
    const offsets = { membership: zombie.membership, incarnation: zombie.membership.incarnation, positions: [{ ...lane, offset: 3 }] };
    await of().forget(group, zombie.membership.memberId);
    await expect(open.commit(offsets)).rejects.toThrow();
    await producer.init();
    expect([await valuesOf(log, out), (await log.committed(group, lanes, null)).get(laneKey(lane))]).toEqual([[], null]);
  });

  test("what was read in an earlier incarnation is refused; without that guard it would be committed", async () => {
    const { log } = of();
    const topic = await newTopic(log, 1);
    const lanes = lanesOf(topic, 1);
    const lane = lanes[0]!; // one partition
    const out = { topic: await newTopic(log), partition: 0 };
    const group = newGroup();
    await using members = createMembers();
    const member = await joinAlone(members, log, { group, topics: [topic] }, lanes);
    const { membership } = member;
    await using guarded = await newProducer(log);
    await using unguarded = await newProducer(log);
    const [first, second] = [guarded.begin(), unguarded.begin()];
    const incarnation = membership.incarnation;
    await of().forget(group, membership.memberId);
    await membership.refresh();
    await members.until(() => member.told.some((t) => t.kind === "lost") && member.owned().length === 1);
    expect(membership.incarnation).toBe(incarnation + 1);
    expect(member.told.find((t) => t.kind === "lost")).toEqual({ kind: "lost", lanes: keysOf(lanes), incarnation: incarnation + 1 });
    first.write(out, textBatch(out, "old life"));
    await expect(first.commit({ membership, incarnation, positions: [{ ...lane, offset: 3 }] })).rejects.toMatchObject({
      code: "OTHER_INCARNATION",
    });
    await guarded.init();
    second.write(out, textBatch(out, "doubled"));
    await second.commit({ membership, incarnation: membership.incarnation, positions: [{ ...lane, offset: 3 }] });
    expect([await valuesOf(log, out), (await log.committed(group, lanes, null)).get(laneKey(lane))]).toEqual([["doubled"], 3]);
  });
}
