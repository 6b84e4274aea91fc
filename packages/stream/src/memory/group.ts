import { laneKey, RetriableError, WeirError, type Lane } from "@weir/record";
import type { GroupListener, GroupOptions, Mark, Membership, Position } from "../log.ts";
import { assignRange } from "./range.ts";
import type { Fate } from "./partition-log.ts";

/** One process's place in a group, as the group sees it; what the process itself believes may be behind. */
interface Member {
  readonly memberId: string;
  readonly topics: readonly string[];
  readonly listener: GroupListener;
  readonly self: Self;
  owned: Map<string, Lane>;
  epoch: number;
  isRevoking: boolean;
}

/** What the process believes; shared with `Membership`. */
interface Self {
  epoch: number;
  incarnation: number;
  owned: Map<string, Lane>;
  hasLeft: boolean;
}

export interface Group {
  join(options: GroupOptions, listener: GroupListener, freshId: () => string): Membership;
  /** Something that may change who owns what: a topic was created. */
  reassign(): void;
  /** The group forgets a member; with `silent` the member finds out when it next asks. */
  forget(memberId: string, silent: boolean): void;
  /** The broker's guard: member known, epoch current. Whether the lanes are its own is not looked at, as in Kafka. */
  checkCommit(memberId: string, epoch: number): void;
  /** Offsets of a transaction that is under way. */
  stage(positions: readonly Position[], fate: Fate): void;
  /** Commits at once, with a text beside each offset. */
  mark(marks: readonly Mark[]): void;
  marked(lane: Lane): string | null;
  /** Takes over what was staged if the transaction committed. */
  finish(fate: Fate): void;
  isStable(lane: Lane): boolean;
  committed(lane: Lane): number | null;
}

export function createGroup(name: string, partitionsOf: (topic: string) => number | undefined): Group {
  const members = new Map<string, Member>();
  const offsets = new Map<string, number>();
  const texts = new Map<string, string>();
  const staged = new Map<Fate, readonly Position[]>();
  let epoch = 0;

  const heldByOthers = (member: Member): ReadonlySet<string> => {
    const held = new Set<string>();
    for (const other of members.values()) if (other !== member) for (const key of other.owned.keys()) held.add(key);
    return held;
  };
  const isKnown = (member: Member): boolean => members.get(member.memberId) === member;
  const reconcile = (): void => {
    const targets = assignRange(partitionsOf, [...members.values()]);
    for (const member of [...members.values()]) reconcileMember(member, targets.get(member.memberId) ?? []);
  };
  const reconcileMember = (member: Member, target: readonly Lane[]): void => {
    if (member.isRevoking) return;
    const wanted = new Set(target.map(laneKey));
    const surplus = [...member.owned.values()].filter((lane) => !wanted.has(laneKey(lane)));
    if (surplus.length > 0) return revoke(member, surplus);
    const held = heldByOthers(member);
    const missing = target.filter((lane) => !member.owned.has(laneKey(lane)) && !held.has(laneKey(lane)));
    for (const lane of missing) member.owned.set(laneKey(lane), lane);
    moveTo(member, epoch);
    if (missing.length > 0) member.listener.onAssign(missing);
  };
  const moveTo = (member: Member, next: number): void => {
    member.epoch = next;
    member.self.epoch = next;
    member.self.owned = new Map(member.owned);
  };
  const revoke = (member: Member, lanes: readonly Lane[]): void => {
    member.isRevoking = true;
    const done = (): void => {
      member.isRevoking = false;
      if (!isKnown(member)) return;
      for (const lane of lanes) member.owned.delete(laneKey(lane));
      moveTo(member, epoch);
      reconcile();
    };
    member.listener.onRevoke(lanes).then(done, (error: unknown) => {
      if (isKnown(member)) remove(member);
      member.listener.onFatal(error instanceof Error ? error : new Error(String(error)), false);
    });
  };
  /** After the caller has gone on: nobody is called back from within their own call. */
  const soon = (): void => {
    epoch++;
    void Promise.resolve().then(reconcile);
  };
  const remove = (member: Member): void => {
    members.delete(member.memberId);
    soon();
  };
  /** A slot that is joined again keeps its epoch and gets its lanes at once; who held it before is not told, only fenced by its transactional ids. */
  const enter = (memberId: string, topics: readonly string[], listener: GroupListener, self: Self): void => {
    const before = members.get(memberId);
    const member: Member = { memberId, topics, listener, self, owned: new Map(), epoch: before?.epoch ?? epoch + 1, isRevoking: false };
    members.set(memberId, member);
    self.epoch = member.epoch;
    soon();
  };
  /** What a heartbeat would tell the process. */
  const learnLoss = (member: Pick<Member, "memberId" | "topics" | "listener" | "self">): void => {
    const lanes = [...member.self.owned.values()];
    member.self.owned = new Map();
    member.self.incarnation++;
    member.listener.onLost(lanes);
    enter(member.memberId, member.topics, member.listener, member.self);
  };
  const join = (options: GroupOptions, listener: GroupListener, freshId: () => string): Membership => {
    const self: Self = { epoch: 0, incarnation: 0, owned: new Map(), hasLeft: false };
    const memberId = options.memberId ?? freshId();
    enter(memberId, options.topics, listener, self);
    return {
      group: name,
      memberId,
      get epoch() {
        return self.epoch;
      },
      get incarnation() {
        return self.incarnation;
      },
      owned: () => [...self.owned.values()],
      async refresh() {
        if (!self.hasLeft && !members.has(memberId)) learnLoss({ memberId, topics: options.topics, listener, self });
      },
      async leave({ abandon = false } = {}) {
        if (self.hasLeft) return;
        self.hasLeft = true;
        const current = members.get(memberId);
        if (!abandon && current?.self === self) remove(current);
      },
    };
  };
  return {
    join,
    reassign: soon,
    forget(memberId, silent) {
      const member = members.get(memberId);
      if (member === undefined) throw new Error(`group ${name} has no member ${memberId}`);
      remove(member);
      if (!silent && !member.self.hasLeft) learnLoss(member);
    },
    checkCommit(memberId, itsEpoch) {
      const member = members.get(memberId);
      if (member === undefined) throw new RetriableError("UNKNOWN_MEMBER_ID", `group ${name} does not know ${memberId}`);
      if (member.epoch !== itsEpoch)
        throw new RetriableError("STALE_MEMBER_EPOCH", `group ${name}: ${memberId} is at epoch ${member.epoch}, not ${itsEpoch}`);
    },
    mark(marks) {
      for (const mark of marks) {
        offsets.set(laneKey(mark), mark.offset);
        texts.set(laneKey(mark), mark.text);
      }
    },
    marked: (lane) => texts.get(laneKey(lane)) ?? null,
    stage: (positions, fate) => void staged.set(fate, positions),
    finish(fate) {
      for (const p of fate.state === "committed" ? (staged.get(fate) ?? []) : []) {
        offsets.set(laneKey(p), p.offset);
        texts.delete(laneKey(p));
      }
      staged.delete(fate);
    },
    isStable: (lane) => ![...staged.values()].some((positions) => positions.some((p) => laneKey(p) === laneKey(lane))),
    committed: (lane) => offsets.get(laneKey(lane)) ?? null,
  };
}

/** As from Kafka: another process runs under our ids. */
export function replacedBy(what: string): WeirError {
  return new WeirError(
    {
      code: "WEIR-5002",
      what: "another process has taken the place of this one",
      why: what,
      fix: "nothing if it was a restart; else give every process a slot of its own (WEIR_SLOT)",
    },
    { exitCode: 4 },
  );
}
