// Longer than 400 lines: one class, because its steps share the state of the same lanes, units and transactions.
import { laneKey, RetriableError, type Batch, type Lane } from "@weir/record";
import type { GroupListener, LaneFailure, Membership, Producer } from "../log.ts";
import { createChain, type Chain, type Outcome } from "./chain.ts";
import { followControl, type Control } from "./control.ts";
import { stampEntry } from "./identity.ts";
import { createFeed, type Feed } from "./feed.ts";
import { findStart, type LaneStart } from "./lane-start.ts";
import { createLanes, type OwnedLane } from "./lanes.ts";
import type { RunnerOptions } from "./options.ts";
import { isReplaced } from "./replaced.ts";
import { createUnit, type Unit } from "./unit.ts";
import { createWriting, type Writing } from "./writing.ts";

/** Carries records from the input topics through a chain of stages, one committed transaction after the other. */
export interface Runner {
  /** Ends when stopped; rejects when it cannot go on (a bug, a lost slot, a broker that says no for good). */
  run(): Promise<void>;
  /** Decides what has been fetched, commits, leaves the group. */
  stop(): void;
  /** Lanes that are ready, and whether the group was joined: for readiness. */
  status(): { readonly joined: boolean; readonly lanes: number };
}

/** Longest pause when there is nothing to do. */
const IDLE_MS = 100;
/** Transactions whose commit was asked for and is not acknowledged. With the one that fills they are fewer than the producer's ids. */
const MAX_COMMITTING = 2;
/** Of one fetch, over all partitions of a broker: as much again is on its way while it is worked on. */
const FETCH_BYTES = 8 * 1024 * 1024;
/** Pause before an attempt is repeated. */
const BACKOFF_MS = 200;
/** A fetch of fewer records is followed by a short pause: many small requests cost more than records. */
const SMALL_FETCH_RECORDS = 256;
const SMALL_FETCH_PAUSE_MS = 5;
/** From so many records on, throughput counts more than the latency of a transaction. */
const BEHIND_RECORDS = 100_000;
/** Positions that moved without output (markers) are committed when they are this old. */
const QUIET_COMMIT_MS = 1000;

type Change =
  | { readonly kind: "assign"; readonly lanes: readonly Lane[] }
  | { readonly kind: "revoke"; readonly lanes: readonly Lane[]; readonly done: () => void }
  | { readonly kind: "lost"; readonly lanes: readonly Lane[] }
  | { readonly kind: "ended"; readonly lane: Lane }
  | { readonly kind: "resolved"; readonly lane: OwnedLane; readonly start: LaneStart };

export function createRunner(options: RunnerOptions): Runner {
  const chain = createChain(options.links);
  const work = new Work(options, chain);
  return {
    run: () => work.run(),
    stop: () => work.stop(),
    status: () => ({ joined: work.joined, lanes: work.lanes.ready().length }),
  };
}

/** The one loop of a runner and what it owns. Callbacks of the group only queue changes; the loop applies them in order. */
class Work {
  readonly lanes = createLanes();
  joined = false;
  readonly #options: RunnerOptions;
  readonly #chain: Chain;
  readonly #writing: Writing;
  readonly #changes: Change[] = [];
  #wake: () => void = () => {};
  #stopping = false;
  #fatal: Error | null = null;
  /** Why nothing of what is open may be committed. */
  #broken: Error | null = null;
  #unit: Unit | null = null;
  /** Commits that were asked for and are not settled, oldest first. They never reject: a fault is in `broken`. */
  readonly #committing: Promise<void>[] = [];
  #previousCommitMs = 0;
  /** Records of all lanes that could be read and were not, at the last fetch. */
  #lag = 0;
  // Set by `run` before anything else uses them.
  #producer!: Producer;
  #membership!: Membership;
  #feed!: Feed;
  #control: Control | null = null;

  constructor(options: RunnerOptions, chain: Chain) {
    this.#options = options;
    this.#chain = chain;
    const { links, group, idsOf, topics, minimalHeaders, keepTimestamps, hash, clock } = options;
    const { verdicts: verdictsTopic } = topics;
    this.#writing = createWriting({
      links,
      group,
      entry: idsOf !== null,
      verdictsTopic,
      minimalHeaders,
      keepTimestamps,
      hash,
      now: () => clock.now(),
    });
  }

  stop(): void {
    this.#stopping = true;
    this.#wake();
  }

  async run(): Promise<void> {
    const { log, group, slot, topics, clock, inputs } = this.#options;
    const name = `weir-${group}-${slot}`;
    await using producer = await log.producer({ transactionalId: name, rotate: 4, timeoutMs: this.#options.transactionTimeoutMs });
    await using fetcher = log.fetcher({ maxBytes: FETCH_BYTES });
    this.#producer = producer;
    this.#feed = createFeed(fetcher, this.lanes, clock);
    if (topics.control !== null) this.#control = await followControl(log, topics.control, clock, () => this.#wake());
    let abandon = false;
    try {
      this.#membership = await log.join({ group, topics: inputs, memberId: name }, this.#listener());
      this.joined = true;
      while (!this.#stopping) await this.#attempt();
      await this.#finish();
    } catch (error) {
      abandon = isReplaced(error);
      throw error;
    } finally {
      this.#control?.stop();
      for (const change of this.#changes) if (change.kind === "revoke") change.done();
      if (this.joined) await this.#membership.leave({ abandon });
      this.joined = false;
    }
  }

  #listener(): GroupListener {
    const queue = (change: Change): void => {
      this.#changes.push(change);
      this.#wake();
    };
    return {
      onAssign: (lanes) => queue({ kind: "assign", lanes }),
      onRevoke: (lanes) => new Promise((done) => queue({ kind: "revoke", lanes, done })),
      onLost: (lanes) => {
        this.#broken ??= new RetriableError("MEMBERSHIP_LOST", "the group forgot this member");
        queue({ kind: "lost", lanes });
      },
      onFatal: (error) => {
        this.#fatal ??= error;
        this.#wake();
      },
    };
  }

  /** What the environment did wrong is recovered from; everything else ends the run. */
  async #attempt(): Promise<void> {
    try {
      await this.#step();
    } catch (error) {
      if (!(error instanceof RetriableError)) throw error;
      this.#broken ??= error;
    }
  }

  async #step(): Promise<void> {
    if (this.#fatal) throw this.#fatal;
    if (this.#broken) return this.#recover(this.#broken);
    const change = this.#changes.shift();
    if (change) return this.#apply(change);
    this.#resolveNew();
    const ready = this.lanes.ready();
    if (ready.length === 0 && this.#unit === null) return this.#pause(IDLE_MS);
    const batches = ready.length === 0 ? [] : await this.#fetch();
    if (this.#broken || this.#stopping) return;
    if (batches.length > 0) await this.#process(batches);
    await this.#closeEnded();
    await this.#closeIdle();
    this.#commitQuiet();
    if (this.#unit && this.#isDue(this.#unit, batches.length === 0)) await this.#seal();
  }

  async #pause(ms: number): Promise<void> {
    await Promise.race([this.#options.clock.sleep(ms), new Promise<void>((wake) => (this.#wake = wake))]);
  }

  // ---- lanes

  async #apply(change: Change): Promise<void> {
    switch (change.kind) {
      case "assign":
        for (const lane of change.lanes) this.lanes.take(lane);
        return this.#options.events.assigned(change.lanes);
      case "revoke":
        await this.#seal();
        await this.#settled();
        for (const lane of change.lanes) this.#drop(laneKey(lane));
        this.#options.events.revoked(change.lanes, false);
        return change.done();
      case "lost":
        for (const lane of change.lanes) this.#drop(laneKey(lane));
        return this.#options.events.revoked(change.lanes, true);
      case "ended":
        return this.#handOnEnd(change.lane);
      case "resolved":
        return this.#start(change.lane, change.start);
    }
  }

  #drop(key: string): void {
    const lane = this.lanes.drop(key);
    if (lane && (lane.status === "ready" || lane.status === "halted")) this.#chain.revoke(lane.lane);
  }

  #start(lane: OwnedLane, { from, states }: LaneStart): void {
    if (this.lanes.get(lane.lane) !== lane || lane.status !== "resolving") return;
    this.#chain.assign(lane.lane, from, states);
    const now = this.#options.clock.monotonic();
    Object.assign(lane, { status: "ready", next: from, committed: from, committedAt: now, activeAt: now });
  }

  /** Looks up, beside the loop, where new lanes start: committed offset first (stable), then the state that goes with it. */
  #resolveNew(): void {
    for (const lane of this.lanes.all.values()) {
      if (lane.status !== "new") continue;
      lane.status = "resolving";
      void this.#resolve(lane).catch((error: unknown) => {
        if (error instanceof RetriableError) {
          this.#options.events.retried("resolve", error.message);
          void this.#options.clock.sleep(BACKOFF_MS).then(() => {
            if (lane.status === "resolving") lane.status = "new";
            this.#wake();
          });
        } else this.#fatal ??= asError(error);
        this.#wake();
      });
    }
  }

  async #resolve(lane: OwnedLane): Promise<void> {
    const start = await findStart(this.#options, this.#membership, lane);
    this.#changes.push({ kind: "resolved", lane, start });
    this.#wake();
  }

  // ---- records

  async #fetch(): Promise<readonly Batch[]> {
    const { clock, events } = this.#options;
    const { batches, failed, ends, fault, ms } = await this.#feed.next(this.#unit?.dueAt ?? null);
    this.#unit?.fetched(ms);
    if (fault || failed.some((f) => f.kind === "retry")) {
      events.retried("fetch", fault?.message ?? failed[0]?.message ?? "");
      await this.#pause(BACKOFF_MS);
    }
    for (const failure of failed) this.#failed(failure);
    this.#lag = 0;
    for (const lane of this.lanes.ready()) {
      const lag = Math.max(0, (ends.get(lane.key) ?? lane.next) - lane.next);
      this.#lag += lag;
      events.lagging(lane.lane, lag);
    }
    const now = clock.monotonic();
    let records = 0;
    for (const batch of batches) {
      records += batch.count;
      Object.assign(this.lanes.get(batch)!, { activeAt: now }); // accepted: it is there
    }
    if (records > 0 && records < SMALL_FETCH_RECORDS) await clock.sleep(SMALL_FETCH_PAUSE_MS);
    return batches;
  }

  #failed({ lane, kind, message }: LaneFailure): void {
    if (kind === "retry") return;
    if (kind === "out-of-range" && this.#options.onOutOfRange !== "stop") {
      this.#broken ??= new RetriableError("OUT_OF_RANGE", message);
      return;
    }
    Object.assign(this.lanes.get(lane)!, { status: "halted" }); // in its present life
    this.#options.events.halted(lane, message);
  }

  async #process(batches: readonly Batch[]): Promise<void> {
    const { idsOf, clock } = this.#options;
    const started = clock.monotonic();
    const stamped = idsOf === null ? batches : batches.map((b) => stampEntry(b, idsOf));
    const outcomes = await this.#chain.process(stamped);
    const spent = clock.monotonic() - started;
    await this.#decide(outcomes);
    this.#unit?.processed(spent);
  }

  async #decide(outcomes: readonly Outcome[]): Promise<void> {
    if (outcomes.length === 0) return;
    const unit = this.#open();
    for (const outcome of outcomes) unit.add(outcome);
    if (unit.bytes >= unit.bytesMax) await this.#seal();
  }

  /** Finite lanes that have been read to their end: what is open there is judged now. */
  async #closeEnded(): Promise<void> {
    for (const lane of this.lanes.ready()) {
      const end = this.#control?.endOf(lane.lane) ?? -1;
      if (end < 0 || lane.next < end || lane.endedAt >= end) continue;
      lane.endedAt = end;
      await this.#decide(await this.#chain.endOfInput(lane.lane));
      this.#open().ends(lane.lane);
    }
  }

  async #closeIdle(): Promise<void> {
    const { idleAfterMs, clock } = this.#options;
    if (idleAfterMs === null) return;
    const now = clock.monotonic();
    for (const lane of this.lanes.ready()) {
      if (lane.markedAt === lane.next || now - lane.activeAt < idleAfterMs || this.#chain.position(lane.lane) === null) continue;
      lane.markedAt = lane.next;
      await this.#decide(await this.#chain.close({ lane: lane.lane, offset: lane.next, watermark: Number.MAX_SAFE_INTEGER }));
    }
  }

  // ---- transactions

  #open(): Unit {
    this.#unit ??= createUnit({
      options: this.#options,
      writing: this.#writing,
      chain: this.#chain,
      producer: this.#producer,
      membership: this.#membership,
      behind: this.#lag > BEHIND_RECORDS,
    });
    return this.#unit;
  }

  /** Markers move positions without records: they are committed too, in their own time. */
  #commitQuiet(): void {
    if (this.#unit) return;
    const now = this.#options.clock.monotonic();
    const moved = this.lanes
      .ready()
      .some((l) => (this.#chain.position(l.lane) ?? l.next) > l.committed && now - l.committedAt > QUIET_COMMIT_MS);
    if (moved) this.#open();
  }

  #isDue(unit: Unit, idle: boolean): boolean {
    return idle || this.#options.clock.monotonic() >= unit.dueAt || unit.bytes >= unit.bytesMax;
  }

  /** Hands the open transaction to be committed after those before it; a few may be on their way while the next fills. */
  async #seal(): Promise<void> {
    const unit = this.#unit;
    if (!unit) return;
    while (this.#committing.length >= MAX_COMMITTING) await this.#committing[0];
    if (this.#broken) return;
    this.#unit = null;
    const lanes = this.lanes.ready();
    const positions = lanes.map((l) => ({ ...l.lane, offset: this.#chain.position(l.lane) ?? l.next }));
    const moved = positions.filter((p, i) => p.offset > lanes[i]!.committed); // parallel
    const now = this.#options.clock.monotonic();
    lanes.forEach((l, i) => Object.assign(l, { committed: Math.max(l.committed, positions[i]!.offset), committedAt: now })); // parallel
    const commit = this.#commit(unit, moved).finally(() => void this.#committing.splice(this.#committing.indexOf(commit), 1));
    this.#committing.push(commit);
  }

  async #commit(unit: Unit, moved: readonly { topic: string; partition: number; offset: number }[]): Promise<void> {
    const { clock, events } = this.#options;
    const started = clock.monotonic();
    try {
      const { entries, records, ended } = await unit.commit(moved, this.#previousCommitMs);
      this.#previousCommitMs = clock.monotonic() - started;
      events.committed(entries, { commitMs: this.#previousCommitMs, records });
      for (const lane of ended) {
        events.ended(lane);
        this.#changes.push({ kind: "ended", lane });
      }
    } catch (error) {
      this.#broken ??= asError(error);
      this.#wake();
    }
  }

  /** Everything of a finite lane is out: the stages that read on are told where their input ends. */
  async #handOnEnd({ partition }: Lane): Promise<void> {
    const { handsOnTo, log, topics } = this.#options;
    const lanes = handsOnTo.map((topic) => ({ topic, partition }));
    if (lanes.length === 0 || topics.control === null) return;
    const bounds = await log.bounds(lanes);
    for (const lane of lanes) this.#open().noteEnd(topics.control, lane, bounds.get(laneKey(lane))?.end ?? 0);
  }

  async #settled(): Promise<void> {
    await Promise.all(this.#committing);
    if (this.#broken) await this.#recover(this.#broken);
  }

  /** Nobody knows whether what was open is committed: settle all ids, forget everything read, start from the committed offsets. */
  async #recover(error: Error): Promise<void> {
    const { events, clock } = this.#options;
    if (!(error instanceof RetriableError)) throw error;
    events.aborted(error.message);
    const unit = this.#unit;
    this.#unit = null;
    this.#feed.forget();
    await Promise.all(this.#committing);
    await unit?.abort();
    for (;;) {
      try {
        await this.#producer.init();
        break;
      } catch (again) {
        if (!(again instanceof RetriableError)) throw again;
        if (this.#fatal) throw this.#fatal;
        events.retried("init", again.message);
        if (this.#stopping) break;
        await clock.sleep(BACKOFF_MS);
      }
    }
    for (const old of this.lanes.restart()) if (old.status === "ready" || old.status === "halted") this.#chain.revoke(old.lane);
    this.#broken = null;
  }

  async #finish(): Promise<void> {
    if (!this.#broken) await this.#seal();
    await Promise.all(this.#committing);
    await this.#unit?.abort();
    for (const change of this.#changes) if (change.kind === "revoke") change.done();
    for (const lane of this.lanes.restart()) if (lane.status === "ready") this.#chain.revoke(lane.lane);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
