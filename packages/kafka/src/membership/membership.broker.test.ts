import { randomUUID } from "node:crypto";
import { RetriableError } from "@weir/record";
import type { GroupListener, Membership } from "@weir/stream";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { openLink, type Link } from "../connection/index.ts";
import { createTopics } from "../data-path/create-topics.ts";
import { TransactionalId } from "../data-path/transactional-id.ts";
import { joinGroup, protocolOf, type GroupProtocol } from "./join-group.ts";
import { DEFAULT_TIMES } from "./times.ts";

const links: Link[] = [];
let topic = "";
const newLink = async (): Promise<Link> => {
  const link = await openLink({ brokers: [inject("kafka")], clientId: "membership-test" });
  links.push(link);
  return link;
};

beforeAll(async () => {
  topic = `membership-${randomUUID()}`;
  await createTopics(await newLink(), [{ name: topic, partitions: 4 }]);
});
afterAll(async () => {
  await Promise.all(links.map((l) => l[Symbol.asyncDispose]()));
});

interface Watched {
  readonly membership: Membership;
  readonly assigned: Promise<void>;
  /** Resolves with the end of the membership, if it cannot go on. */
  readonly fatal: Promise<{ readonly error: Error; readonly isReplaced: boolean }>;
}

async function join(protocol: GroupProtocol, group: string, memberId?: string, topics = [topic]): Promise<Watched> {
  let onAssign: GroupListener["onAssign"] = () => undefined;
  let onFatal: GroupListener["onFatal"] = () => undefined;
  const assigned = new Promise<void>((resolve) => (onAssign = () => resolve()));
  const fatal = new Promise<{ error: Error; isReplaced: boolean }>(
    (resolve) => (onFatal = (error, isReplaced) => resolve({ error, isReplaced })),
  );
  const listener = { onAssign, onFatal, onRevoke: async () => undefined, onLost: () => undefined };
  const membership = await joinGroup(
    await newLink(),
    { group, topics, ...(memberId !== undefined && { memberId }) },
    listener,
    { ...DEFAULT_TIMES, topicsMs: 500 },
    protocol,
  );
  return { membership, assigned, fatal };
}

test("the protocol follows what the cluster has finalized, not what it lists", async () => {
  const link = await newLink();
  expect(protocolOf(link)).toBe("consumer");
  expect(protocolOf({ ...link, features: new Map() })).toBe("classic");
  expect(protocolOf({ ...link, supports: () => false })).toBe("classic");
});

describe.each(["consumer", "classic"] as const)("members by the %s protocol", (protocol) => {
  test("who is told to stop before a coordinator answers is not kept waiting", async () => {
    const link = await newLink();
    const mute: Link = { ...link, toCoordinator: () => Promise.reject(new RetriableError("UNREACHABLE", "nobody answers")) };
    const listener = { onAssign: () => undefined, onFatal: () => undefined, onRevoke: async () => undefined, onLost: () => undefined };
    const cancelled = new Promise<void>((resolve) => setTimeout(resolve, 300));
    const joining = joinGroup(mute, { group: `g-${randomUUID()}`, topics: [topic], cancelled }, listener, DEFAULT_TIMES, protocol);
    await expect(joining).rejects.toMatchObject({ code: "CANCELLED" });
  });

  test("of two processes in one slot one is told that it was replaced, and the other goes on", async () => {
    const [group, slot] = [`g-${randomUUID()}`, `weir-${randomUUID()}`];
    const old = await join(protocol, group, slot);
    await old.assigned;
    const successor = await join(protocol, group, slot);
    await successor.assigned;
    const other = await join(protocol, group); // moves the epoch of the slot, which only one of the two can follow
    const loser = await Promise.race([old, successor].map((m) => m.fatal.then((end) => ({ ...end, m }))));
    expect(loser.isReplaced).toBe(true);
    expect(loser.error).toMatchObject({ problem: { code: "WEIR-5002" }, exitCode: 4 });
    await loser.m.membership.leave({ abandon: true });
    const winner = loser.m === old ? successor : old;
    await other.assigned;
    await winner.membership.refresh();
    expect(winner.membership.owned().length + other.membership.owned().length).toBe(4);
    await Promise.all([winner, other].map((m) => m.membership.leave()));
  });

  test("the broker refuses offsets under the id and epoch of a member that it has forgotten", async () => {
    const group = `g-${randomUUID()}`;
    const zombie = await join(protocol, group);
    await zombie.assigned;
    const { memberId, epoch } = zombie.membership; // what it believes while it sleeps
    await zombie.membership.leave();
    const successor = await join(protocol, group);
    await successor.assigned;
    const id = new TransactionalId(await newLink(), `tx-${randomUUID()}`, 15_000);
    await id.init();
    const offsets = [{ name: topic, partitions: [{ partition: 0, offset: 1 }] }];
    await expect(id.commitOffsets({ group, memberId, epoch }, offsets)).rejects.toMatchObject({ code: "UNKNOWN_MEMBER_ID" });
    await id.init();
    await id.commitOffsets(successor.membership, offsets); // the same from the one who owns it
    await id.end(true);
    await successor.membership.leave();
  });

  test("a topic that is created after the join is shared out too", async () => {
    const late = `membership-${randomUUID()}`;
    const member = await join(protocol, `g-${randomUUID()}`, undefined, [late]);
    expect(member.membership.owned()).toEqual([]);
    await createTopics(await newLink(), [{ name: late, partitions: 2 }]);
    await member.assigned;
    expect(member.membership.owned().map((l) => [l.topic, l.partition])).toEqual([
      [late, 0],
      [late, 1],
    ]);
    await member.membership.leave();
  });

  test("a member that left is not in the group: the next one gets all lanes", async () => {
    const group = `g-${randomUUID()}`;
    const first = await join(protocol, group);
    await first.assigned;
    await first.membership.leave();
    const second = await join(protocol, group);
    await second.assigned;
    expect(second.membership.owned()).toHaveLength(4);
    await second.membership.leave();
  });
});

test("a group that refuses for good says why, and nobody repeats", async () => {
  await expect(join("classic", "")).rejects.toMatchObject({ name: "WeirError", exitCode: 4 });
});
