// Longer than 400 lines: one class, because its steps share the state of the same lanes, units and transactions.
import { RetriableError, type Batch, type Lane } from "@weir/record";
import type { Fetcher, Membership, Producer, ProducerOptions } from "../log.ts";
import { asError } from "./as-error.ts";
import { createAsking } from "./asking.ts";
import { createCaution, type Caution } from "./caution.ts";
import type { Chain, Outcome } from "./chain.ts";
import { chainOf } from "./chain-of.ts";
import { createCommits, type Commits } from "./commits.ts";
import { createListener, type Change } from "./change.ts";
import { followControl, type Control } from "./control.ts";
import type { NoteListener } from "./follow.ts";
import { stampEntry } from "./identity.ts";
import { createEndings, type Endings } from "./endings.ts";
import { createFeed, type Feed } from "./feed.ts";
import { haltLane, resumeLanes } from "./halts.ts";
import { createHearing, type Hearing } from "./hearing.ts";
import { tellLag } from "./lag.ts";
import { createLaneCycle, type LaneCycle } from "./lane-cycle.ts";
import { createLanes } from "./lanes.ts";
import type { RunnerOptions } from "./options.ts";
import { isDue, isFarBehind, movedQuietly } from "./pace.ts";
import { patiently } from "../patiently.ts";
import { isReplaced } from "./replaced.ts";
import { createParts, type Parts } from "./parts.ts";
import { BACKOFF_MS, FETCH_BYTES, FETCH_PACE, IDLE_MS, PATIENCE_MS } from "./tuning.ts";
import { createStops, type Stops } from "./stops.ts";
import { createUnit, type Unit } from "./unit.ts";
import { createWatchdog, hopeless, type Watchdog } from "./watchdog.ts";
import type { Writing } from "./writing.ts";
import { writingOf } from "./writing-of.ts";

/** Carries records from the input topics through a chain of stages, one committed transaction after the other. */
export interface Runner {
  /** Ends when stopped; rejects when it cannot go on (a bug, a lost slot, a broker that says no for good). */
  run(): Promise<void>;
  /** Decides what has been fetched, commits, leaves the group. */
  stop(): void;
  /** Lanes that are ready, whether the group was joined, and why lanes are halted: for readiness. */
  status(): { readonly joined: boolean; readonly lanes: number; readonly halted: readonly string[] };
}

const STUCK = "STUCK";
/** Runners of this process so far. */
let started = 0;

export function createRunner(options: RunnerOptions): Runner {
  const chain = chainOf(options);
  const work = new Work({ ...options, links: chain.links }, chain);
  return {
    run: () => work.run(),
    stop: () => work.stop(),
    status: () => ({ joined: work.joined, lanes: work.lanes.ready().length, halted: work.lanes.stuck().map((l) => l.reason) }),
  };
}

/** The one loop of a runner and what it owns. Callbacks of the group only queue changes; the loop applies them in order. */
class Work {
  readonly lanes = createLanes();
  joined = false;
  readonly #options: RunnerOptions;
  readonly #noted: NoteListener = { onNote: () => this.#wake(), onFault: (error) => this.#giveUp(asError(error)) };
  readonly #chain: Chain;
  readonly #writing: Writing;
  readonly #cycle: LaneCycle;
  readonly #watchdog: Watchdog;
  readonly #commits: Commits;
  readonly #endings: Endings;
  readonly #stops: Stops;
  readonly #parts: Parts;
  readonly #asking: Caution;
  readonly #changes: Change[] = [];
  #wake: () => void = () => {};
  #stopping = false;
  #tellStopped: () => void = () => {};
  readonly #stopped = new Promise<void>((resolve) => (this.#tellStopped = resolve));
  #fatal: Error | null = null;
  /** Why nothing of what is open may be committed. */
  #broken: Error | null = null;
  #unit: Unit | null = null;
  /** When the last one was handed to be committed. */
  #sealedAt = -Infinity;
  /** Records of all lanes that could be read and were not, at the last fetch. */
  #lag = 0;
  #processing = false;
  #abandonLoop: (why: Error) => void = () => {};
  // Set by `run` before anything else uses them.
  #producer!: Producer;
  #membership!: Membership;
  #feed!: Feed;
  /** Reads again what stages hold without its bytes. */
  #recalls!: Fetcher;
  #control: Control | null = null;
  #hearing: Hearing | null = null;

  constructor(options: RunnerOptions, chain: Chain) {
    this.#options = options;
    this.#chain = chain;
    this.#writing = writingOf(options);
    const self = `${options.slot}/${options.clock.now().toString(36)}/${++started}`;
    this.#asking = createCaution({
      self,
      options,
      chain,
      lanes: this.lanes,
      asking: createAsking(options, chain, this.lanes),
      membership: () => this.#membership,
      settled: async () => {
        await this.#commits.settled();
        return this.#broken === null;
      },
    });
    this.#cycle = createLaneCycle({
      self,
      options,
      chain,
      lanes: this.lanes,
      onResolved: (lane, start) => this.#queue({ kind: "resolved", lane, start }),
      onRetry: (why) => {
        this.#watchdog.fault(why);
        this.#wake();
      },
      onFatal: (error) => this.#giveUp(asError(error)),
    });
    this.#commits = createCommits({
      options,
      chain,
      lanes: this.lanes,
      onCommitted: () => this.#watchdog.progress(),
      onEnded: (lane) => this.#queue({ kind: "ended", lane }),
      onFault: (error) => this.#breakOff(asError(error)),
    });
    this.#parts = createParts({
      chain,
      fetcher: () => this.#recalls,
      stamp: (batch) => this.#stamped(batch),
      decide: (outcomes) => this.#decide(outcomes),
    });
    const around = { options, chain, lanes: this.lanes, control: () => this.#control, open: () => this.#open() };
    this.#endings = createEndings({ ...around, decide: (outcomes) => this.#decide(outcomes) });
    this.#stops = createStops(around);
    this.#watchdog = createWatchdog({
      clock: options.clock,
      patienceMs: PATIENCE_MS,
      hasWork: () => this.#hasWork(),
      onStuck: (ms, fault) => {
        options.events.stuck(ms, fault);
        this.#breakOff(new RetriableError(STUCK, `no progress for ${ms} ms`));
      },
      onHopeless: (ms) => this.#abandonLoop(hopeless(options.group, ms)),
    });
  }

  stop(): void {
    this.#stopping = true;
    this.#tellStopped();
    this.#wake();
  }

  async run(): Promise<void> {
    const { log, group, slot, topics, clock, inputs } = this.#options;
    const { control } = topics;
    const name = `weir-${group}-${slot}`;
    await using producer = await this.#patiently(() => log.producer(this.#producerOptions(name)));
    await using fetcher = log.fetcher({ maxBytes: FETCH_BYTES, pace: FETCH_PACE });
    await using recalls = log.fetcher({ maxBytes: FETCH_BYTES });
    this.#producer = producer;
    this.#recalls = recalls;
    this.#feed = createFeed({ fetcher, lanes: this.lanes, clock, mayRead: (lane) => this.#asking.mayRead(lane) });
    if (control !== null)
      this.#control = await this.#patiently(() =>
        followControl(log, control, clock, { ...this.#noted, onLeftOut: (n) => this.#chain.leaveOut(n) }),
      );
    this.#hearing = await createHearing(log, this.#chain, clock, this.#noted);
    let abandon = false;
    try {
      const subscribed = [...inputs, ...(this.#options.replays?.keys() ?? [])];
      const listener = createListener({
        queue: (change) => this.#queue(change),
        breakOff: (why) => this.#breakOff(why),
        giveUp: (why) => this.#giveUp(why),
      });
      this.#membership = await this.#patiently(() =>
        log.join({ group, topics: subscribed, memberId: name, cancelled: this.#stopped }, listener),
      );
      this.joined = true;
      const abandoned = new Promise<never>((_resolve, reject) => (this.#abandonLoop = reject));
      await Promise.race([this.#loop(), abandoned]);
    } catch (error) {
      if (this.#stopping && !this.joined && error instanceof RetriableError) return; // told to stop before it had begun
      abandon = isReplaced(error);
      throw error;
    } finally {
      this.#watchdog.stop();
      this.#control?.stop();
      this.#hearing?.stop();
      for (const change of this.#changes) if (change.kind === "revoke") change.done();
      if (this.joined) await this.#membership.leave({ abandon });
      this.joined = false;
    }
  }

  #producerOptions(transactionalId: string): ProducerOptions {
    const { transactionTimeoutMs: timeoutMs, guarantee: wanted = "exactly-once", compression = "none" } = this.#options;
    return { transactionalId, rotate: 4, timeoutMs, guarantee: this.#chain.stateful ? "exactly-once" : wanted, compression };
  }

  #patiently<T>(act: () => Promise<T>): Promise<T> {
    return patiently(act, this.#options.clock, (message) => {
      this.#options.events.retried("init", message);
      this.#watchdog.fault(message);
      if (this.#fatal) throw this.#fatal;
      return !this.#stopping;
    });
  }

  async #loop(): Promise<void> {
    while (!this.#stopping) await this.#attempt();
    await this.#finish();
  }

  #hasWork(): boolean {
    const starting = [...this.lanes.all.values()].some((l) => l.status === "new" || l.status === "resolving");
    return this.joined && (this.#lag > 0 || this.#processing || this.#unit !== null || this.#commits.pending > 0 || starting);
  }

  #queue(change: Change): void {
    this.#changes.push(change);
    this.#wake();
  }

  #breakOff(why: Error): void {
    this.#broken ??= why;
    this.#wake();
  }

  #giveUp(why: Error): void {
    this.#fatal ??= why;
    this.#wake();
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
    this.#cycle.resolveNew(this.#membership);
    resumeLanes(this.lanes, this.#control, this.#options);
    this.#stops.end();
    this.#stops.tellLag();
    const news = this.#asking.news();
    if (news) this.#open().tell(news.topic, news.alerts);
    if (await this.#part()) return;
    const { readable, waiting } = this.#asking.split(this.lanes.ready());
    if (waiting) this.#watchdog.progress(); // on purpose, and not for ever
    if (!readable && this.#unit === null) return this.#pause(IDLE_MS);
    const batches = readable ? await this.#fetch() : [];
    if (this.#broken) return;
    if (batches.length > 0) {
      this.#watchdog.progress();
      await this.#process(batches); // also when told to stop: their lanes stand behind them already
    }
    if (this.#stopping) return;
    if (await this.#part()) return;
    await this.#decide((await this.#hearing?.hear()) ?? []);
    await this.#endings.closeEnded();
    await this.#endings.closeIdle();
    if (!this.#unit && (this.#chain.unsaved() || movedQuietly(this.lanes, this.#chain, this.#options.clock.monotonic()))) this.#open();
    await this.#sealIfDue(batches.length === 0);
  }

  /** Brings out a part of what is decided and too much for one transaction; false when there is none. */
  async #part(): Promise<boolean> {
    if (!(await this.#parts.next())) return false;
    this.#watchdog.progress();
    await this.#sealIfDue(false);
    return true;
  }

  async #sealIfDue(idle: boolean): Promise<void> {
    if (this.#unit && (idle || isDue(this.#unit, this.#options.clock.monotonic()))) await this.#seal();
  }

  async #pause(ms: number): Promise<void> {
    await Promise.race([this.#options.clock.sleep(ms), new Promise<void>((wake) => (this.#wake = wake))]);
  }

  // ---- lanes

  async #apply(change: Change): Promise<void> {
    switch (change.kind) {
      case "assign":
        this.#cycle.take(change.lanes);
        return this.#options.events.assigned(change.lanes);
      case "revoke":
        await this.#seal();
        await this.#settled();
        this.#drop(change.lanes);
        this.#options.events.revoked(change.lanes, false);
        return change.done();
      case "lost":
        this.#drop(change.lanes);
        return this.#options.events.revoked(change.lanes, true);
      case "ended":
        return this.#endings.handOn(change.lane);
      case "resolved":
        return this.#cycle.start(change.lane, change.start);
    }
  }

  #drop(lanes: readonly Lane[]): void {
    this.#parts.forget();
    this.#cycle.drop(lanes);
  }

  // ---- records

  async #fetch(): Promise<readonly Batch[]> {
    const { clock, events } = this.#options;
    const { batches, failed, ends, writtenTo, fault, ms } = await this.#feed.next(this.#unit?.dueAt ?? null);
    this.#unit?.fetched(ms);
    if (fault || failed.some((f) => f.kind === "retry")) {
      const message = fault?.message ?? failed[0]?.message ?? "";
      events.retried("fetch", message);
      this.#watchdog.fault(message);
      await this.#pause(BACKOFF_MS);
    }
    for (const failure of failed) this.#broken ??= haltLane(failure, this.lanes, this.#control, this.#options);
    const now = clock.monotonic();
    for (const batch of batches) {
      Object.assign(this.lanes.get(batch)!, { activeAt: now, newestAt: batch.timestamp[batch.count - 1] ?? -1 }); // accepted: it is there
    }
    this.#lag = tellLag({ ends, writtenTo }, this.lanes, this.#options);
    return batches;
  }

  async #process(batches: readonly Batch[]): Promise<void> {
    const { clock } = this.#options;
    const started = clock.monotonic();
    this.#processing = true;
    const outcomes = await this.#asking.ask(batches.map((batch) => this.#stamped(batch)));
    this.#processing = false;
    const spent = clock.monotonic() - started;
    await this.#decide(outcomes);
    this.#unit?.processed(spent);
    if (!this.#asking.watches() || this.#broken) return;
    await this.#seal();
    await this.#settled();
  }

  async #decide(outcomes: readonly Outcome[]): Promise<void> {
    if (outcomes.length === 0) return;
    const unit = this.#open();
    for (const outcome of outcomes) unit.add(outcome);
    if (this.#stops.notice()) this.#lag = 0; // of the others the next fetch says it
    if (unit.bytes() >= unit.bytesMax) await this.#seal();
  }

  #stamped(batch: Batch): Batch {
    const { idsOf, inputs } = this.#options;
    return idsOf === null || !inputs.includes(batch.topic) ? batch : stampEntry(batch, idsOf);
  }

  // ---- transactions

  #open(): Unit {
    this.#unit ??= createUnit({
      options: this.#options,
      writing: this.#writing,
      chain: this.#chain,
      producer: this.#producer,
      membership: this.#membership,
      sealedAt: this.#sealedAt,
      behind: isFarBehind(this.#lag),
    });
    return this.#unit;
  }

  /** Hands the open transaction to be committed after those before it; a few may be on their way while the next fills. */
  async #seal(): Promise<void> {
    const unit = this.#unit;
    if (!unit) return;
    await this.#commits.room();
    if (this.#broken) return;
    this.#unit = null;
    this.#sealedAt = this.#options.clock.monotonic();
    this.#commits.start(unit);
  }

  async #settled(): Promise<void> {
    await this.#commits.settled();
    if (this.#broken) await this.#recover(this.#broken);
  }

  /** Nobody knows whether what was open is committed: settle all ids, forget everything read, start from the committed offsets. */
  async #recover(error: Error): Promise<void> {
    const { events } = this.#options;
    if (!(error instanceof RetriableError)) throw error;
    events.aborted(error);
    const unit = this.#unit;
    this.#unit = null;
    this.#feed.forget();
    this.#lag = 0;
    this.#processing = false;
    if (error.code !== STUCK) this.#watchdog.fault(error.message);
    this.#parts.forget();
    await this.#commits.settled();
    await unit?.abort();
    await this.#patiently(() => this.#producer.init());
    this.#cycle.restart();
    this.#broken = null;
  }

  async #finish(): Promise<void> {
    if (!this.#broken) await this.#seal();
    await this.#commits.settled();
    await this.#unit?.abort();
    for (const change of this.#changes) if (change.kind === "revoke") change.done();
    this.#cycle.restart();
  }
}
