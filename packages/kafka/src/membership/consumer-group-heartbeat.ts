import { RetriableError, type Lane } from "@weir/record";
import type { GroupListener, GroupOptions, Membership } from "@weir/stream";
import type { Link } from "../connection/index.ts";
import { ConsumerGroupHeartbeat, knownError, type ValueOf } from "../wire/index.ts";
import { createAnswers } from "./answers.ts";
import { sayGoodbye } from "./goodbye.ts";
import { groupFailure, slotTaken } from "./group-failure.ts";
import { byTopic, createOwnedLanes } from "./owned-lanes.ts";
import { createPause } from "./pause.ts";
import { COORDINATOR_MS, RETRY_MS, UNRELEASED_MS, type GroupTimes } from "./times.ts";

type Answer = ValueOf<typeof ConsumerGroupHeartbeat.answer>;
type Assignment = NonNullable<Answer["assignment"]>;

const LEAVES = -1;
const FENCED_MEMBER_EPOCH = 110;
const UNRELEASED_INSTANCE_ID = 111;

/** Membership by the one request of KIP-848: every heartbeat says what we hold, every answer what we should hold. */
export class ConsumerMember implements Membership {
  readonly group: string;
  readonly memberId: string;
  epoch = 0;
  incarnation = 0;
  readonly #link: Link;
  readonly #topics: readonly string[];
  readonly #listener: GroupListener;
  readonly #times: GroupTimes;
  readonly #isSlot: boolean;
  readonly #owned = createOwnedLanes();
  readonly #answers = createAnswers();
  readonly #pause = createPause();
  #target: readonly Lane[] | null = null;
  /** What the group told us to hold, until its topic ids are known by name. */
  #unread: Assignment | null = null;
  #intervalMs: number;
  #isRevoking = false;
  #isStopped = false;
  /** The next heartbeat says everything: at the join and after any doubt. Null means unchanged otherwise. */
  #isFull = true;
  /** What we hold has changed, and the group has to know. */
  #isChanged = false;
  /** The last answer never came: the group may be one epoch ahead. */
  #isInDoubt = false;
  #loop: Promise<void> = Promise.resolve();
  #joined: { resolve: (member: Membership) => void; reject: (error: Error) => void } | null = null;

  constructor(
    link: Link,
    options: GroupOptions & { readonly memberId: string },
    listener: GroupListener,
    times: GroupTimes,
    isSlot: boolean,
  ) {
    this.#link = link;
    this.group = options.group;
    this.memberId = options.memberId;
    this.#topics = options.topics;
    this.#listener = listener;
    this.#times = times;
    this.#isSlot = isSlot;
    this.#intervalMs = times.heartbeatMs;
  }

  start(): Promise<Membership> {
    return new Promise((resolve, reject) => {
      this.#joined = { resolve, reject };
      this.#loop = this.#run();
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

  async leave({ abandon = false }: { readonly abandon?: boolean } = {}): Promise<void> {
    this.#stop();
    if (abandon) return;
    await sayGoodbye(`group ${this.group}`, async () => {
      await this.#loop;
      if (this.epoch > 0) await this.#send(LEAVES, false);
      this.epoch = 0;
    });
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
        pauseMs = await this.#beat();
      } catch (error) {
        pauseMs = this.#unanswered(error, giveUpAt);
      }
      this.#answers.settle(question);
      if (!this.#isStopped && pauseMs > 0) await this.#pause.wait(pauseMs);
    }
  }

  /** One question and what follows from its answer; how long to wait for the next. */
  async #beat(): Promise<number> {
    const answer = await this.#send(this.epoch, this.#isFull);
    if (this.#isStopped) return 0;
    const wasInDoubt = this.#isInDoubt;
    this.#isInDoubt = false;
    if (answer.error !== 0) {
      this.#isFull = true;
      return this.#refused(answer.error, answer.message, wasInDoubt);
    }
    this.#isFull = false;
    this.epoch = answer.memberEpoch;
    this.#intervalMs = Math.min(answer.heartbeatMs, this.#times.heartbeatMs);
    this.#joined?.resolve(this);
    this.#joined = null;
    if (answer.assignment !== null) this.#unread = answer.assignment;
    if (this.#unread !== null) await this.#readAssignment(this.#unread);
    this.#reconcile();
    return this.#isChanged ? 0 : this.#intervalMs;
  }

  #send(epoch: number, full: boolean): Promise<Answer> {
    const tellsOwned = epoch >= 0 && (full || this.#isChanged);
    this.#isChanged = false;
    return this.#ownedById(epoch === 0 ? [] : this.#owned.all()).then((owned) =>
      this.#link.toCoordinator(
        "group",
        this.group,
        ConsumerGroupHeartbeat,
        {
          group: this.group,
          memberId: this.memberId,
          memberEpoch: epoch,
          instanceId: null,
          rack: null,
          topicPattern: null,
          rebalanceTimeoutMs: full ? this.#times.rebalanceMs : -1,
          topics: full ? this.#topics : null,
          assignor: full ? "range" : null,
          owned: tellsOwned ? owned : null,
        },
        { kind: "group" },
      ),
    );
  }

  async #ownedById(lanes: readonly Lane[]): Promise<{ topicId: string; partitions: readonly number[] }[]> {
    const partitions = byTopic(lanes);
    const infos = await this.#link.topics([...partitions.keys()]);
    return [...partitions].flatMap(([name, list]) => {
      const info = infos.get(name);
      return info ? [{ topicId: info.topicId, partitions: list }] : [];
    });
  }

  /** Leaves `#unread` as it is while a topic is not known by its id: the next answer tries again. */
  async #readAssignment(assignment: Assignment): Promise<void> {
    let names = await this.#namesById(false);
    if (assignment.topics.some((t) => !names.has(t.topicId))) names = await this.#namesById(true);
    const target: Lane[] = [];
    for (const { topicId, partitions } of assignment.topics) {
      const topic = names.get(topicId);
      if (topic === undefined) return;
      for (const partition of partitions) target.push({ topic, partition });
    }
    this.#target = target;
    this.#unread = null;
  }

  async #namesById(fresh: boolean): Promise<ReadonlyMap<string, string>> {
    const infos = await this.#link.topics(this.#topics, { fresh });
    return new Map([...infos.values()].map((info) => [info.topicId, info.name]));
  }

  /** Brings what we hold to what we should hold: first give back, then take. */
  #reconcile(): void {
    if (this.#target === null || this.#isRevoking) return;
    const surplus = this.#owned.surplus(this.#target);
    if (surplus.length > 0) return this.#revoke(surplus);
    const missing = this.#owned.missing(this.#target);
    if (missing.length === 0) return;
    this.#owned.add(missing);
    this.#isChanged = true;
    this.#listener.onAssign(missing);
  }

  /** M1: the group hears of it only when the open transaction has ended; heartbeats go on meanwhile. */
  #revoke(lanes: readonly Lane[]): void {
    const life = this.incarnation;
    this.#isRevoking = true;
    this.#listener.onRevoke(lanes).then(
      () => {
        if (this.#isStopped || life !== this.incarnation) return; // they are lost by now, and told so
        this.#owned.remove(lanes);
        this.#isRevoking = false;
        this.#isChanged = true;
        this.#pause.cut();
      },
      (error: unknown) => this.#fail(error instanceof Error ? error : new Error(String(error)), false),
    );
  }

  #refused(code: number, message: string | null, wasInDoubt: boolean): number {
    const { kind } = knownError(code);
    if (code === FENCED_MEMBER_EPOCH && this.#isSlot && !wasInDoubt) return this.#fail(slotTaken(this.group, this.memberId, code), true);
    if (kind === "lost") return this.#lose();
    if (kind === "coordinator") return COORDINATOR_MS;
    if (code === UNRELEASED_INSTANCE_ID) return UNRELEASED_MS;
    if (kind === "retry" || kind === "refresh" || kind === "epoch") return RETRY_MS;
    return this.#fail(groupFailure(code, this.group, message, this.#topics), false);
  }

  /** The group forgot us: a new life under the same id. M2: nothing read in the old one may be committed. */
  #lose(): number {
    if (this.epoch === 0) return RETRY_MS; // it does not know us yet: a broker that has just started needs a moment
    const lanes = this.#owned.clear();
    this.incarnation++;
    this.epoch = 0;
    this.#target = null;
    this.#unread = null;
    this.#isRevoking = false;
    this.#listener.onLost(lanes);
    return 0;
  }

  /** The group may or may not have heard us: say everything again, under the same epoch. */
  #unanswered(error: unknown, giveUpAt: number): number {
    this.#isFull = true;
    this.#isInDoubt = true;
    if (!(error instanceof RetriableError)) return this.#fail(error instanceof Error ? error : new Error(String(error)), false);
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
