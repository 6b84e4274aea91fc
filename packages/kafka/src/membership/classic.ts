import { RetriableError, type Lane } from "@weir/record";
import type { GroupListener, GroupOptions, Membership } from "@weir/stream";
import type { Link, SocketKind } from "../connection/index.ts";
import { Heartbeat, JoinGroup, knownError, LeaveGroup, SyncGroup, type ValueOf } from "../wire/index.ts";
import { createAnswers } from "./answers.ts";
import { assignLanes } from "./assignor.ts";
import { readAssignment, readSubscription, writeAssignment, writeSubscription } from "./classic-metadata.ts";
import { sayGoodbye } from "./goodbye.ts";
import { groupFailure, slotTaken } from "./group-failure.ts";
import { createOwnedLanes } from "./owned-lanes.ts";
import { createPause } from "./pause.ts";
import { COORDINATOR_MS, RETRY_MS, UNRELEASED_MS, type GroupTimes } from "./times.ts";

type Joined = ValueOf<typeof JoinGroup.answer>;

/** Our own name, so that a member that cannot keep partitions of several topics together is refused. */
const PROTOCOL = "weir-sticky";
const NO_GENERATION = -1;
/** Beyond the rebalance time, which a join may take on the broker. */
const GRACE_MS = 10_000;
const ILLEGAL_GENERATION = 22;
const UNKNOWN_MEMBER_ID = 25;
const REBALANCE_IN_PROGRESS = 27;
const MEMBER_ID_REQUIRED = 79;
const FENCED_INSTANCE_ID = 82;
const UNRELEASED_INSTANCE_ID = 111;

/**
 * Membership by JoinGroup, SyncGroup and Heartbeat, for brokers without KIP-848; cooperative: lanes that stay are read on
 * during a rebalance. A slot is a static member here, because the broker chooses the member ids.
 */
export class ClassicMember implements Membership {
  readonly group: string;
  memberId = "";
  /** The generation of the group. */
  epoch: number = NO_GENERATION;
  incarnation = 0;
  readonly #link: Link;
  readonly #topics: readonly string[];
  readonly #instanceId: string | null;
  readonly #listener: GroupListener;
  readonly #times: GroupTimes;
  readonly #socket: SocketKind;
  readonly #owned = createOwnedLanes();
  readonly #answers = createAnswers();
  readonly #pause = createPause();
  #isStopped = false;
  /** A rebalance is due: join before the next heartbeat. */
  #mustJoin = true;
  /** What the lanes were shared out from, if we lead; null otherwise. */
  #sharedOut: string | null = null;
  #lookedAt = 0;
  #joined: { resolve: (member: Membership) => void; reject: (error: Error) => void } | null = null;

  constructor(link: Link, options: GroupOptions, listener: GroupListener, times: GroupTimes) {
    this.group = options.group;
    this.#link = link;
    this.#topics = options.topics;
    this.#instanceId = options.memberId ?? null;
    this.#listener = listener;
    this.#times = times;
    this.#socket = nextSocket(link);
  }

  start(): Promise<Membership> {
    return new Promise((resolve, reject) => {
      this.#joined = { resolve, reject };
      void this.#run();
    });
  }

  owned(): readonly Lane[] {
    return this.#owned.all();
  }

  async refresh(): Promise<void> {
    const answer = this.#answers.next();
    this.#pause.cut();
    await answer;
  }

  /** Not behind a join that is still waiting for the others: that one ends with our good-bye. */
  async leave({ abandon = false }: { readonly abandon?: boolean } = {}): Promise<void> {
    this.#stop();
    if (abandon || this.memberId === "") return;
    const request = {
      group: this.group,
      memberId: this.memberId,
      members: [{ memberId: this.memberId, instanceId: this.#instanceId, reason: "stopped" }],
    };
    await sayGoodbye(`group ${this.group}`, () => this.#link.toCoordinator("group", this.group, LeaveGroup, request, { kind: "leave" }));
  }

  #stop(): void {
    this.#isStopped = true;
    this.#pause.cut();
    this.#answers.end();
  }

  async #run(): Promise<void> {
    const giveUpAt = performance.now() + this.#times.joinMs;
    while (!this.#isStopped) {
      const question = this.#answers.ask();
      let pauseMs: number;
      try {
        pauseMs = this.#mustJoin ? await this.#join() : await this.#beat();
      } catch (error) {
        pauseMs = this.#unanswered(error, giveUpAt);
      }
      this.#answers.settle(question);
      if (!this.#isStopped && pauseMs > 0) await this.#pause.wait(pauseMs);
    }
  }

  async #beat(): Promise<number> {
    const { error } = await this.#heartbeat();
    if (error !== 0) return this.#refused(error, "Heartbeat");
    if (this.#sharedOut === null || performance.now() - this.#lookedAt < this.#times.topicsMs) return this.#times.heartbeatMs;
    this.#mustJoin = nameCounts(await this.#partitionCounts(this.#topics)) !== this.#sharedOut;
    return this.#mustJoin ? 0 : this.#times.heartbeatMs;
  }

  #heartbeat(): Promise<{ readonly error: number }> {
    const request = { group: this.group, generation: this.epoch, memberId: this.memberId, instanceId: this.#instanceId };
    return this.#link.toCoordinator("group", this.group, Heartbeat, request, { kind: this.#socket, version: 3 });
  }

  /** One round: join, share out if we lead, learn what is ours. */
  async #join(): Promise<number> {
    const deadlineMs = this.#times.rebalanceMs + GRACE_MS;
    const joined = await this.#link.toCoordinator(
      "group",
      this.group,
      JoinGroup,
      {
        group: this.group,
        memberId: this.memberId,
        instanceId: this.#instanceId,
        protocolType: "consumer",
        reason: null,
        sessionTimeoutMs: this.#times.sessionMs,
        rebalanceTimeoutMs: this.#times.rebalanceMs,
        protocols: [
          { name: PROTOCOL, metadata: writeSubscription({ topics: this.#topics, owned: this.#owned.all(), generation: this.epoch }) },
        ],
      },
      { kind: this.#socket, version: 5, deadlineMs },
    );
    if (this.#isStopped) return 0;
    if (joined.error === MEMBER_ID_REQUIRED) this.memberId = joined.memberId;
    if (joined.error !== 0) return joined.error === MEMBER_ID_REQUIRED ? 0 : this.#refused(joined.error, "JoinGroup");
    this.memberId = joined.memberId;
    this.#sharedOut = null;
    const assignments = joined.leader === joined.memberId ? await this.#shareOut(joined) : [];
    const synced = await this.#link.toCoordinator(
      "group",
      this.group,
      SyncGroup,
      {
        group: this.group,
        generation: joined.generation,
        memberId: joined.memberId,
        instanceId: this.#instanceId,
        protocolType: null,
        protocol: null,
        assignments,
      },
      { kind: this.#socket, version: 3, deadlineMs },
    );
    if (this.#isStopped) return 0;
    if (synced.error !== 0) return this.#refused(synced.error, "SyncGroup");
    this.epoch = joined.generation; // only now: the lanes go with it
    this.#mustJoin = false;
    this.#joined?.resolve(this);
    this.#joined = null;
    return this.#take(readAssignment(synced.assignment));
  }

  async #shareOut(joined: Joined): Promise<{ memberId: string; assignment: Uint8Array }[]> {
    const claims = joined.members.map((m) => readSubscription(m.memberId, m.metadata));
    const names = [...new Set(claims.flatMap((c) => c.topics))];
    const counts = await this.#partitionCounts(names);
    this.#sharedOut = nameCounts(new Map(this.#topics.flatMap((name) => (counts.has(name) ? [[name, counts.get(name) ?? 0]] : []))));
    const shares = assignLanes(counts, claims);
    return [...shares].map(([memberId, lanes]) => ({ memberId, assignment: writeAssignment(lanes) }));
  }

  async #partitionCounts(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
    this.#lookedAt = performance.now();
    const topics = await this.#link.topics(names, { fresh: true });
    return new Map([...topics].map(([name, info]) => [name, info.leaders.length]));
  }

  async #take(target: readonly Lane[]): Promise<number> {
    const surplus = this.#owned.surplus(target);
    const missing = this.#owned.missing(target);
    if (missing.length > 0) {
      this.#owned.add(missing);
      this.#listener.onAssign(missing);
    }
    if (surplus.length === 0) return this.#times.heartbeatMs;
    return this.#giveBack(surplus);
  }

  /** M1: the group learns that they are free (by our next join) only when the open transaction has ended; heartbeats go on meanwhile. */
  async #giveBack(lanes: readonly Lane[]): Promise<number> {
    const life = this.incarnation;
    let isDone = false;
    const revoked = this.#listener.onRevoke(lanes).finally(() => {
      isDone = true;
      this.#pause.cut();
    });
    revoked.catch(() => undefined); // awaited below
    while (!isDone && !this.#isStopped && life === this.incarnation) {
      const question = this.#answers.ask();
      await this.#beatWhileRevoking();
      this.#answers.settle(question);
      if (!isDone && !this.#isStopped && life === this.incarnation) await this.#pause.wait(this.#times.heartbeatMs);
    }
    if (this.#isStopped || life !== this.incarnation) return 0;
    try {
      await revoked;
    } catch (error) {
      return this.#fail(asError(error), false);
    }
    this.#owned.remove(lanes);
    this.#mustJoin = true;
    return 0;
  }

  async #beatWhileRevoking(): Promise<void> {
    try {
      const { error } = await this.#heartbeat();
      if (error !== 0 && error !== REBALANCE_IN_PROGRESS) this.#refused(error, "Heartbeat");
    } catch (error) {
      if (!(error instanceof RetriableError)) this.#fail(asError(error), false);
    }
  }

  #refused(code: number, where: string): number {
    if (this.#isStopped) return 0;
    const { kind } = knownError(code);
    this.#mustJoin ||= code === REBALANCE_IN_PROGRESS;
    if (code === REBALANCE_IN_PROGRESS) return 0;
    if (code === FENCED_INSTANCE_ID && this.#joined === null) return this.#fail(slotTaken(this.group, this.memberId, code), true);
    if (kind === "lost" || code === ILLEGAL_GENERATION) return this.#lose(code, where);
    if (kind === "coordinator") return COORDINATOR_MS;
    if (code === UNRELEASED_INSTANCE_ID) return UNRELEASED_MS;
    if (kind === "retry" || kind === "refresh" || kind === "epoch") return RETRY_MS;
    return this.#fail(groupFailure(code, this.group, where, this.#topics), false);
  }

  /** The group went on without us. M2: nothing read in the old life may be committed. */
  #lose(code: number, where: string): number {
    const wasMember = this.epoch !== NO_GENERATION;
    const lanes = this.#owned.clear();
    this.epoch = NO_GENERATION;
    this.#mustJoin = true;
    if (code === UNKNOWN_MEMBER_ID) this.memberId = "";
    if (!wasMember) return where === "JoinGroup" ? RETRY_MS : 0;
    this.incarnation++;
    this.#listener.onLost(lanes);
    return 0;
  }

  #unanswered(error: unknown, giveUpAt: number): number {
    if (!(error instanceof RetriableError)) return this.#fail(asError(error), false);
    if (this.#joined !== null && performance.now() > giveUpAt) return this.#fail(error, false);
    return RETRY_MS;
  }

  #fail(error: Error, isReplaced: boolean): number {
    if (this.#isStopped) return 0;
    this.#stop();
    if (this.#joined !== null) this.#joined.reject(error);
    else this.#listener.onFatal(error, isReplaced);
    this.#joined = null;
    return 0;
  }
}

function nameCounts(counts: ReadonlyMap<string, number>): string {
  return JSON.stringify([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const members = new WeakMap<Link, number>();

/** A connection for each member: a join waits for all others, and whatever stands behind it waits too. */
function nextSocket(link: Link): SocketKind {
  const number = members.get(link) ?? 0;
  members.set(link, number + 1);
  return `group-${number}`;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
