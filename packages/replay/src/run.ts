import {
  allowedBy,
  isOver,
  overlap,
  runIdOf,
  type LedgerEntry,
  type Letter,
  type OutcomesEntry,
  type Pace,
  type ReplayPlan,
  type RunEntry,
  type RunState,
  type RunStatus,
} from "@weir/deadletter";
import { laneKey, WeirError, type Lane } from "@weir/record";
import { openAuditTrail, type AuditTrail } from "@weir/service";
import { patiently, writeEndNote, type Transaction } from "@weir/stream";
import { createActing, NEWER_FAILS, type Acting } from "./acting.ts";
import { watchFailures, type FailureWatch } from "./failed-again.ts";
import { lanesOf } from "./lanes.ts";
import { openLedger, type LedgerReader } from "./ledger-topic.ts";
import type { PlanContext } from "./make-plan.ts";
import { plannedLetters } from "./planned.ts";
import { listen, type RunRequest } from "./requests.ts";
import { openSender, type Sender } from "./sender.ts";
import { waitSettled } from "./settle.ts";

export interface RunOptions extends PlanContext {
  readonly plan: ReplayPlan;
  /** `user:<id>` */
  readonly actor: string;
  readonly reason: string;
  readonly pace: Pace;
  /** Stop when this share of what was replayed has failed again; null: never. Judged from 20 records on. */
  readonly abortOn: number | null;
  /** How long to wait, at the end, for the pipeline to decide what was sent. */
  readonly settleMs: number;
  /** Asked before every step: true leaves the run as it is, to be gone on with later. */
  readonly leave: () => boolean;
  /** At most some times a second, and at every change of state. */
  readonly onProgress: (status: RunStatus) => void;
  readonly onNote: (line: string) => void;
}

/** How long a broker that is away is asked again. */
const TRY_FOR_MS = 120_000;
const STEP_MS = 50;
/** Records of one transaction: few enough that it commits long before the broker would give up on it. */
const MAX_STEP = 200;
const LOOK_MS = 1000;
const LEAST_TO_JUDGE = 20;

/**
 * Executes a plan, or goes on with it: the same plan is the same run. What was sent and what is known of it lie in the ledger in
 * one transaction, so the process may be killed at any time and started again. Returns when the run is over or was left.
 */
export async function executePlan(options: RunOptions): Promise<RunStatus> {
  const { plan, log, clock, loaded } = options;
  const run = runIdOf(plan);
  const ledger = await openLedger(log, loaded.topology.replays);
  const known = ledger.view.run(run);
  if (known && isOver(known.state)) return known;
  checkPlan(options, known);
  await using sender = await openSender({ log, clock, run, topology: loaded.topology, ledger, onRetry: (why) => options.onNote(`the broker was asked again: ${why}`) }); // prettier-ignore
  await using trail = await openAuditTrail({ log, clock, writer: `replay-${run}` });
  const steering: Steering = { asked: null, actor: options.actor };
  await using _requests = await listen(log, clock, loaded.topology.control, run, (note) => {
    steering.asked = note.do;
    steering.actor = note.actor;
  });
  await using acting = await createActing(options, run);
  const context: RunContext = { options, run, ledger, sender, trail, acting, steering, failures: await failuresOf(options, run) };
  await begin(context, known);
  return await carryOut(context);
}

interface Steering {
  asked: RunRequest | null;
  actor: string;
}

interface RunContext {
  readonly options: RunOptions;
  readonly run: string;
  readonly ledger: LedgerReader;
  readonly sender: Sender;
  readonly trail: AuditTrail;
  readonly acting: Acting;
  readonly steering: Steering;
  readonly failures: FailureWatch;
}

/** The snapshot of the plan, for the topic that it knows: nothing of this run lies before. */
function failuresOf({ log, loaded, plan }: RunOptions, run: string): Promise<FailureWatch> {
  const from = new Map(plan.snapshot.map(({ partition, end }) => [laneKey({ topic: plan.topic, partition }), end]));
  return watchFailures(log, loaded.topology, run, from);
}

// ---- begin

function checkPlan({ plan, loaded }: RunOptions, known: RunStatus | null): void {
  const { name, digest } = loaded.pipeline;
  const stale = known === null && plan.spec !== digest;
  if (plan.pipeline === name && !stale) return;
  throw new WeirError({
    code: "WEIR-5203",
    what: "the plan is not for this pipeline as it is",
    where: `plan ${plan.digest.slice(0, 16)}`,
    why:
      plan.pipeline === name
        ? `it was made for ${name} at ${plan.spec.slice(0, 8)}, which is ${digest.slice(0, 8)} now`
        : `it was made for ${plan.pipeline}`,
    fix: "make the plan again: what would pass may have changed",
  });
}

/** Written ahead: first who does it and why, then that it runs. Of two runs that would meet the later one gives way. */
async function begin(context: RunContext, known: RunStatus | null): Promise<void> {
  const { options, run, ledger } = context;
  await audit(context, known === null ? "started" : "resumed", options.actor);
  await enter(context, "running");
  await ledger.refresh();
  const own = ledger.view.entryOf(run);
  for (const other of ledger.view.unfinished()) {
    if (other.run === run) return;
    if (!own || !meets(own, other)) continue;
    await enter(context, "aborted", `run ${other.run} is not over`);
    throw new WeirError({
      code: "WEIR-5204",
      what: "another run is not over",
      where: `run ${other.run}, begun by ${other.actor}`,
      why: "it has some of the same records, or sends to the same stage",
      fix: `let it end, or end it: weir replay cancel ${other.run}`,
    });
  }
}

function meets(a: RunEntry, b: RunEntry): boolean {
  if (a.targets.some((topic) => topic.endsWith(".replay") && b.targets.includes(topic))) return true;
  const shared = (x: RunEntry["ranges"][number]): boolean =>
    b.ranges.some((y) => y.partition === x.partition && overlap(x.ranges, y.ranges));
  return a.topic === b.topic && a.ranges.some(shared);
}

// ---- carry out

async function carryOut(context: RunContext): Promise<RunStatus> {
  const { options, ledger, run } = context;
  const pacing = createPacing(context);
  let waiting: Letter[] = [];
  for await (const letter of plannedLetters(options.log, options.plan, (act) => patient(context, act))) {
    const { topic, partition, record } = letter;
    if (ledger.view.hasDealt(run, topic, partition, record.offset)) continue;
    for (let room = pacing.room(); waiting.length >= room; room = pacing.room()) {
      const end = (await send(context, waiting, pacing)) ?? (await steer(context, pacing));
      if (end !== null) return end;
      waiting = [];
      if (pacing.room() === 0) await options.clock.sleep(STEP_MS);
    }
    waiting.push(letter);
  }
  return (await send(context, waiting, pacing)) ?? (await steer(context, pacing)) ?? finish(context);
}

/** One transaction; the run's status where the plan says that it ends here. */
async function send(context: RunContext, letters: readonly Letter[], pacing: Pacing): Promise<RunStatus | null> {
  if (letters.length === 0) return null;
  const acts = await patient(context, () => context.acting.act(letters));
  const why = acts.find(({ outcome }) => outcome.reason?.startsWith(NEWER_FAILS))?.outcome.reason;
  if (why !== undefined) return end(context, "aborted", why);
  await context.sender.commit(acts, []);
  pacing.sent(acts.length);
  tell(context);
  return null;
}

/** Pauses, cancels, aborts; the run's status where it is over or left, null where it goes on. */
async function steer(context: RunContext, pacing: Pacing): Promise<RunStatus | null> {
  const { options, steering } = context;
  if (options.leave()) return left(context);
  if (steering.asked === "cancel") return end(context, "cancelled", `by ${steering.actor}`);
  if (steering.asked === "pause") {
    const over = await pause(context, pacing);
    if (over !== null) return over;
  }
  if (!pacing.mayLook()) return null;
  await noteFailures(context);
  const share = failedShare(context);
  if (options.abortOn === null || share < options.abortOn) return null;
  return end(context, "aborted", `${(share * 100).toFixed(1)} % failed again`);
}

async function pause(context: RunContext, pacing: Pacing): Promise<RunStatus | null> {
  const { options, steering } = context;
  await enter(context, "paused", `by ${steering.actor}`);
  while (steering.asked === "pause") {
    if (options.leave()) return left(context);
    await options.clock.sleep(STEP_MS);
  }
  if (steering.asked === "cancel") return end(context, "cancelled", `by ${steering.actor}`);
  await enter(context, "running", `by ${steering.actor}`);
  pacing.restart();
  return null;
}

/** The process goes, the run stays as it is. */
function left(context: RunContext): RunStatus {
  context.options.onNote("left as it is; the same command goes on with it");
  return statusOf(context);
}

async function finish(context: RunContext): Promise<RunStatus> {
  const { options } = context;
  await closeWindows(context);
  const sentTo = new Set(Object.keys(options.plan.targets));
  const { log, clock, loaded, settleMs } = options;
  const settled = await patient(context, () => waitSettled(log, clock, loaded.topology, sentTo, settleMs));
  if (!settled) options.onNote("the pipeline has not decided everything yet: what fails later is not in this run's counts");
  await noteFailures(context);
  return end(context, "finished", settled ? "" : "not everything was decided when it ended");
}

/** However a run ends, no window of a gate waits for more of it. */
async function end(context: RunContext, state: RunState, why: string): Promise<RunStatus> {
  if (state !== "finished") await closeWindows(context);
  await enter(context, state, why);
  await audit(context, state, context.steering.actor);
  return statusOf(context);
}

async function closeWindows(context: RunContext): Promise<void> {
  const { log, loaded, plan } = context.options;
  await context.sender.commit([], [], await patient(context, () => endNotes(log, loaded.topology, Object.keys(plan.targets))));
}

function patient<T>({ options }: RunContext, act: () => Promise<T>): Promise<T> {
  const { clock, onNote } = options;
  const until = clock.monotonic() + TRY_FOR_MS;
  return patiently(act, clock, (why) => {
    onNote(`the broker was asked again: ${why}`);
    return clock.monotonic() < until;
  });
}

/** Tells the stages that nothing more comes to their replay topics for now. */
export async function endNotes(
  log: RunOptions["log"],
  topology: RunOptions["loaded"]["topology"],
  targets: readonly string[],
): Promise<(transaction: Transaction) => void> {
  const ends: { readonly lane: Lane; readonly end: number }[] = [];
  for (const topic of targets.filter((t) => topology.stages.some((s) => s.replay === t))) {
    const lanes = await lanesOf(log, topic);
    const bounds = await log.bounds(lanes);
    for (const lane of lanes) ends.push({ lane, end: bounds.get(laneKey(lane))?.end ?? 0 });
  }
  return (transaction) => {
    for (const { lane, end: offset } of ends) if (offset > 0) writeEndNote(transaction, topology.control, lane, offset);
  };
}

// ---- what is written of it

async function noteFailures(context: RunContext): Promise<void> {
  const { failures, ledger, run, sender } = context;
  const found = await patient(context, () => failures.look());
  const fresh = found.filter((f) => ledger.view.outcomeAt(f.topic, f.partition, f.offset) !== "failed-again");
  if (fresh.length === 0) return;
  const entries = fresh.map(({ topic, partition, offset, reason }): OutcomesEntry => {
    const outcomes = [{ offset, id: "", outcome: "failed-again", reason }] as const;
    return { v: 1, kind: "outcomes", run, topic, partition, outcomes };
  });
  await sender.commit([], entries);
  tell(context);
}

async function enter(context: RunContext, state: RunState, why = ""): Promise<void> {
  const { options, run, sender } = context;
  const { plan, clock, actor, reason } = options;
  const entry: LedgerEntry = {
    v: 1,
    kind: "run",
    run,
    does: plan.does,
    state,
    at: new Date(clock.now()).toISOString(),
    actor,
    reason,
    topic: plan.topic,
    planDigest: plan.digest,
    targets: Object.keys(plan.targets),
    records: plan.records,
    ranges: plan.partitions.map(({ partition, ranges }) => ({ partition, ranges })),
    ...(why !== "" && { why }),
  };
  await sender.commit([], [entry]);
  tell(context);
}

async function audit(context: RunContext, what: string, actor: string): Promise<void> {
  const { trail, options, run } = context;
  const { plan, reason } = options;
  const { outcomes } = statusOf(context);
  const details = { plan: plan.digest, records: plan.records, targets: plan.targets, topic: plan.topic, outcomes: { ...outcomes } };
  await trail.append({ actor, action: `${plan.does}.${what}`, subject: `run ${run}`, pipeline: plan.pipeline, reason, details });
}

function tell(context: RunContext): void {
  context.options.onProgress(statusOf(context));
}

function statusOf({ ledger, run, options }: RunContext): RunStatus {
  return ledger.view.run(run) ?? emptyStatus(options, run);
}

function emptyStatus({ plan, actor, reason, clock }: RunOptions, run: string): RunStatus {
  const at = new Date(clock.now()).toISOString();
  const outcomes = { replayed: 0, "failed-again": 0, skipped: 0, parked: 0, discarded: 0 };
  return { run, does: plan.does, state: "running", actor, reason, topic: plan.topic, planDigest: plan.digest, records: plan.records, startedAt: at, changedAt: at, why: null, outcomes, done: 0 }; // prettier-ignore
}

function failedShare(context: RunContext): number {
  const { outcomes } = statusOf(context);
  const sent = outcomes.replayed + outcomes["failed-again"];
  return sent < LEAST_TO_JUDGE ? 0 : outcomes["failed-again"] / sent;
}

// ---- pace

interface Pacing {
  /** How many records the next transaction may have by now. */
  room(): number;
  sent(count: number): void;
  /** Is it time to look for failures? */
  mayLook(): boolean;
  restart(): void;
}

function createPacing({ options: { clock, pace } }: RunContext): Pacing {
  let since = clock.monotonic();
  let looked = -Infinity;
  let count = 0;
  return {
    room: () => Math.min(MAX_STEP, Math.max(0, allowedBy(pace, clock.monotonic() - since) - count)),
    sent: (n) => void (count += n),
    mayLook: () => {
      if (clock.monotonic() - looked < LOOK_MS) return false;
      looked = clock.monotonic();
      return true;
    },
    restart: () => {
      since = clock.monotonic();
      count = 0;
    },
  };
}
