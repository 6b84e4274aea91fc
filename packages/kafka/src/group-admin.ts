import { WeirError, type Lane } from "@weir/record";
import { setTimeout as sleep } from "node:timers/promises";
import { brokerFailure, openLink, type Link, type LinkOptions } from "./connection/index.ts";
import { knownError, ListGroups, OffsetCommit } from "./wire/index.ts";

/** What people do to groups: nothing of it is on the data path. */
export interface GroupAdmin extends AsyncDisposable {
  /** Has the group members at this moment? */
  hasMembers(group: string): Promise<boolean>;
  /**
   * Moves the committed offsets of a group without members, all of them or none.
   * @throws {WeirError} WEIR-7013 when it has some: the coordinator itself refuses, so that nobody can come in between.
   */
  move(group: string, offsets: ReadonlyMap<Lane, number>): Promise<void>;
}

const NOBODY = { generation: -1, memberId: "", instanceId: null };
/** Answers of a coordinator to somebody who is no member, where there are some. */
const HAS_MEMBERS: ReadonlySet<string> = new Set([
  "UNKNOWN_MEMBER_ID",
  "ILLEGAL_GENERATION",
  "STALE_MEMBER_EPOCH",
  "REBALANCE_IN_PROGRESS",
]);
const WITHOUT_MEMBERS: ReadonlySet<string> = new Set(["empty", "dead"]);
const ATTEMPTS = 50;
const PAUSE_MS = 100;

export async function createGroupAdmin(options: LinkOptions): Promise<GroupAdmin> {
  const link = await openLink(options);
  return {
    hasMembers: async (group) => {
      const { groups } = await asked(
        () => link.toCoordinator("group", group, ListGroups, { states: [], types: [] }),
        group,
        (a) => a.error,
      );
      const state = groups.find((g) => g.group === group)?.state;
      return state !== undefined && !WITHOUT_MEMBERS.has(state.toLowerCase());
    },
    move: (group, offsets) => move(link, group, offsets),
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  };
}

async function move(link: Link, group: string, offsets: ReadonlyMap<Lane, number>): Promise<void> {
  const topics = new Map<string, { partition: number; offset: number; leaderEpoch: number; metadata: null }[]>();
  for (const [{ topic, partition }, offset] of offsets)
    topics.set(topic, [...(topics.get(topic) ?? []), { partition, offset, leaderEpoch: -1, metadata: null }]);
  const request = { group, ...NOBODY, topics: [...topics].map(([name, partitions]) => ({ name, partitions })) };
  const firstError = (answer: { topics: readonly { partitions: readonly { error: number }[] }[] }): number =>
    answer.topics.flatMap((t) => t.partitions).find((p) => p.error !== 0)?.error ?? 0;
  const answer = await asked(
    () => link.toCoordinator("group", group, OffsetCommit, request, { errorOf: firstError }),
    group,
    (a) => (HAS_MEMBERS.has(knownError(firstError(a)).name) ? 0 : firstError(a)),
  );
  const error = firstError(answer);
  if (error !== 0) throw hasMembers(group, knownError(error).name);
}

/** A coordinator that moves is asked for again. */
async function asked<A>(ask: () => Promise<A>, group: string, errorOf: (answer: A) => number): Promise<A> {
  for (let attempt = 0; ; attempt++) {
    const answer = await ask();
    const error = errorOf(answer);
    if (error === 0) return answer;
    const { kind } = knownError(error);
    if ((kind !== "coordinator" && kind !== "retry") || attempt === ATTEMPTS) throw brokerFailure(error, `group ${group}`);
    await sleep(PAUSE_MS);
  }
}

function hasMembers(group: string, said: string): WeirError {
  return new WeirError({
    code: "WEIR-7013",
    what: "the group has members",
    where: `group ${group}`,
    why: `its coordinator answers ${said}: offsets are moved only while nobody reads`,
    fix: "stop the processes of the stage, then try again",
  });
}
