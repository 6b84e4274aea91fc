import {
  compileSelection,
  createRanges,
  durationOf,
  isSettled,
  nextCount,
  nothingChanged,
  placeOf,
  sealPlan,
  type EditSpec,
  type Letter,
  type LedgerView,
  type NewerPolicy,
  type Pace,
  type PlannedRecord,
  type RangeBuilder,
  type ReplayPlan,
  type RunKind,
  type Selection,
  type WouldPass,
} from "@weir/deadletter";
import type { StageType } from "@weir/pipeline";
import { headerText, WeirError } from "@weir/record";
import { sha256, type BuildStage, type LoadedPipeline } from "@weir/service";
import type { Clock, Log } from "@weir/stream";
import { lanesOf, wholeOf } from "./lanes.ts";
import { openLedger } from "./ledger-topic.ts";
import { readLetters, type Read } from "./letters.ts";
import { createPrepare, type Prepare } from "./prepare.ts";
import { createTargeting, type Target, type Targeting } from "./targets.ts";
import { createTrial, type Trial, type TrialRecord } from "./trial.ts";

export interface PlanRequest {
  readonly does: RunKind;
  /** Topic of the letters. */
  readonly topic: string;
  readonly selection: Selection;
  readonly edit?: EditSpec;
  /** A stage or a topic, instead of the stage that failed. */
  readonly target?: string;
  readonly ifNewer?: NewerPolicy;
  /** Also what would fail again for the same reason, and what would be parked. */
  readonly force?: boolean;
  /** Leave out what would fail now. */
  readonly onlyPassing?: boolean;
  /** Also what was dealt with before. */
  readonly again?: boolean;
  readonly madeBy: string;
}

export interface PlanContext {
  readonly loaded: LoadedPipeline;
  readonly log: Log;
  readonly clock: Clock;
  readonly builders: ReadonlyMap<StageType, BuildStage>;
}

/** Records that are asked about in one go. */
const CHUNK = 1000;
const FIRST = 20;
const MAX_KEY_CHARACTERS = 200;

/** Which letters, where to, and what would become of them now. Produces nothing. */
export async function makePlan(request: PlanRequest, context: PlanContext): Promise<ReplayPlan> {
  const { matches, problems } = compileSelection(request.selection);
  if (!matches) throw badSelection(problems);
  const { log, loaded, clock, builders } = context;
  if (loaded.contract.format === "avro" && looksInside(request)) throw noJson();
  const lanes = await lanesOf(log, request.topic);
  if (lanes.length === 0) throw noTopic(request.topic);
  const stretches = await wholeOf(log, lanes);
  const { view } = await openLedger(log, loaded.topology.replays);
  await using trial = await createTrial(loaded, builders);
  const draft = createDraft(request, { view, matches, trial, loaded });
  for (const lane of stretches) {
    let chunk: Read[] = [];
    for await (const read of readLetters(log, [lane])) {
      chunk.push(read);
      if (chunk.length < CHUNK) continue;
      await draft.add(lane.partition, chunk);
      chunk = [];
    }
    await draft.add(lane.partition, chunk);
  }
  const snapshot = stretches.map(({ partition, end }) => ({ partition, end }));
  return sealPlan(draft.plan(snapshot, new Date(clock.now()).toISOString()), sha256);
}

/** Does it need the records as JSON? */
function looksInside({ edit, ifNewer, selection }: PlanRequest): boolean {
  return edit !== undefined || ifNewer !== undefined || selection.filter !== undefined;
}

function noJson(): WeirError {
  return new WeirError(
    {
      code: "WEIR-5207",
      what: "the plan looks into records as JSON, and they are Avro",
      why: "edits, versions and filters over a record work on JSON",
      fix: "choose by class, rule, stage, key or time; records in Avro are replayed byte for byte",
    },
    { exitCode: 2 },
  );
}

/** How long a plan takes at that pace, in milliseconds. */
export function estimateMs(plan: ReplayPlan, pace: Pace): number {
  return durationOf(pace, plan.records);
}

interface DraftContext {
  readonly view: LedgerView;
  readonly matches: (letter: Letter) => boolean;
  readonly trial: Trial;
  readonly loaded: LoadedPipeline;
}

interface Candidate {
  readonly offset: number;
  readonly letter: Letter;
  readonly target: Target;
  readonly record: TrialRecord;
  readonly now: WouldPass;
}

interface Draft {
  /** The next records of a partition, in the order of the log. */
  add(partition: number, reads: readonly Read[]): Promise<void>;
  plan(snapshot: ReplayPlan["snapshot"], madeAt: string): Omit<ReplayPlan, "digest">;
}

function createDraft(request: PlanRequest, context: DraftContext): Draft {
  const { loaded, trial } = context;
  const targeting = createTargeting(loaded.topology, request.does, request.target, request.force === true);
  const prepare = createPrepare("plan", request.edit);
  const ranges = new Map<number, { readonly builder: RangeBuilder; count: number }>();
  const tally = createPlanTally();
  let left = request.selection.limit ?? Infinity;
  return {
    add: async (partition, reads) => {
      const chosen = new Map<number, Candidate>();
      const asked = await askAll(selected(request, context, reads, { targeting, prepare, tally }), trial, loaded);
      for (const candidate of asked) {
        if (request.onlyPassing && candidate.now.answer === "fail") tally.leave("would fail now");
        else if (left <= 0) tally.leave("beyond the limit");
        else {
          left--;
          chosen.set(candidate.offset, candidate);
          tally.take(candidate);
        }
      }
      const own = ranges.get(partition) ?? { builder: createRanges(), count: 0 };
      ranges.set(partition, own);
      for (const { offset } of reads) own.builder.add(offset, chosen.has(offset));
      own.count += chosen.size;
    },
    plan: (snapshot, madeAt) => ({
      v: 1,
      pipeline: loaded.pipeline.name,
      does: request.does,
      topic: request.topic,
      snapshot,
      selection: request.selection,
      ...(request.edit && { edit: request.edit }),
      ...(request.target !== undefined && { target: request.target }),
      ...(request.ifNewer && { ifNewer: request.ifNewer }),
      force: request.force === true,
      ...tally.done(),
      partitions: [...ranges]
        .filter(([, { count }]) => count > 0)
        .map(([partition, { builder, count }]) => ({ partition, count, ranges: builder.done() })),
      judgedAsWindow: Object.fromEntries([...trial.unknown].filter(([stage, rules]) => rules.length > 0 && tally.enters(stage))),
      spec: loaded.pipeline.digest,
      madeBy: request.madeBy,
      madeAt,
    }),
  };
}

interface Choosing {
  readonly targeting: Targeting;
  readonly prepare: Prepare;
  readonly tally: PlanTally;
}

/** What is selected and may be sent; why the rest of the selection may not is noted. */
function selected(request: PlanRequest, context: DraftContext, reads: readonly Read[], choosing: Choosing): Omit<Candidate, "now">[] {
  const candidates: Omit<Candidate, "now">[] = [];
  for (const { letter, offset } of reads) {
    if (letter === null || !context.matches(letter)) continue;
    const target = choosing.targeting(letter);
    if (typeof target === "string") {
      choosing.tally.leave(target);
      continue;
    }
    const why = whyNot(request, context, letter);
    const prepared = why === null ? choosing.prepare(letter) : { problem: why };
    if ("problem" in prepared) choosing.tally.leave(prepared.problem);
    else candidates.push({ offset, letter, target, record: prepared.record });
  }
  return candidates;
}

function whyNot(request: PlanRequest, { view, trial }: DraftContext, letter: Letter): string | null {
  const outcome = view.outcomeAt(letter.topic, letter.partition, letter.record.offset);
  if (!request.again && isSettled(outcome)) return `${outcome ?? ""} before`;
  const claimed = view.claimedBy("", letter.topic, letter.partition, letter.record.offset);
  if (claimed !== null) return `run ${claimed} has it and is not over`;
  if (request.force || request.edit || request.does !== "replay") return null;
  const same = nothingChanged(letter.description, trial.present);
  return same === null ? null : `would fail again, nothing has changed: ${same}`;
}

async function askAll(candidates: readonly Omit<Candidate, "now">[], trial: Trial, loaded: LoadedPipeline): Promise<Candidate[]> {
  const answers = new Map<Omit<Candidate, "now">, WouldPass>();
  const stages = new Set(candidates.map((c) => c.target.stage));
  for (const stage of stages) {
    const own = candidates.filter((c) => c.target.stage === stage);
    if (stage === null) for (const c of own) answers.set(c, elsewhere(c.target.topic, loaded));
    else {
      const told = await trial.judge(stage, own.map((c) => c.record)); // prettier-ignore
      own.forEach((c, i) => answers.set(c, unlessJudgedAsWindow(told[i], c, trial)));
    }
  }
  return candidates.map((c) => ({ ...c, now: answers.get(c) ?? { answer: "not-known", at: c.target.topic } }));
}

function elsewhere(topic: string, { topology }: LoadedPipeline): WouldPass {
  return topic === topology.parked ? { answer: "pass", at: "parked" } : { answer: "not-known", at: topic };
}

/** What a window or the records before it condemned can only be judged with them. */
function unlessJudgedAsWindow(told: WouldPass | undefined, { letter, target }: Omit<Candidate, "now">, trial: Trial): WouldPass {
  if (!told) return { answer: "not-known", at: target.topic };
  const unknown = trial.unknown.get(target.stage ?? "") ?? [];
  const { class: failed, rules } = letter.description;
  const byWindow = unknown.length > 0 && (failed === "WINDOW" || rules.some((r) => unknown.some((id) => r.endsWith(`/${id}`))));
  return byWindow && told.answer === "pass"
    ? { answer: "not-known", at: told.at, message: `judged as a window: ${unknown.join(", ")}` }
    : told;
}

interface PlanTally {
  leave(why: string): void;
  take(candidate: Candidate): void;
  enters(stage: string): boolean;
  done(): Pick<ReplayPlan, "records" | "targets" | "leftOut" | "wouldPass" | "wouldFail" | "first">;
}

function createPlanTally(): PlanTally {
  const targets: Record<string, number> = {};
  const leftOut: Record<string, number> = {};
  const wouldPass = { pass: 0, fail: 0, "not-known": 0 };
  const fails = new Map<string, { at: string; class: string; message: string; records: number }>();
  const stages = new Set<string>();
  const first: PlannedRecord[] = [];
  let records = 0;
  return {
    leave: (why) => void (leftOut[why] = (leftOut[why] ?? 0) + 1),
    take: (candidate) => {
      records++;
      const { target, now } = candidate;
      targets[target.topic] = (targets[target.topic] ?? 0) + 1;
      if (target.stage !== null) stages.add(target.stage);
      wouldPass[now.answer]++;
      if (now.answer === "fail") {
        const key = `${now.at}/${now.class ?? ""}`;
        const known = fails.get(key) ?? { at: now.at, class: now.class ?? "", message: now.message ?? "", records: 0 };
        known.records++;
        fails.set(key, known);
      }
      if (first.length < FIRST) first.push(planned(candidate));
    },
    enters: (stage) => stages.has(stage),
    done: () => ({ records, targets, leftOut, wouldPass, wouldFail: [...fails.values()], first }),
  };
}

const decoder = new TextDecoder();

function planned({ letter, target, now }: Candidate): PlannedRecord {
  const { description: d, record } = letter;
  return {
    at: placeOf(letter),
    id: idOf(letter),
    key: record.key === null ? null : decoder.decode(record.key).slice(0, MAX_KEY_CHARACTERS),
    class: d.class,
    stage: d.stage,
    message: d.message,
    target: target.topic,
    count: nextCount(letter),
    now,
  };
}

/** `weir.id`, or the place where another project's record came from. */
export function idOf(letter: Letter): string {
  const { description: d, record } = letter;
  const own = d.family === "weir" ? headerText(record.headers, "weir.id") : null;
  const place = d.origin ?? { topic: letter.topic, partition: letter.partition, offset: record.offset };
  return own ?? `${place.topic}-${place.partition}-${place.offset}`;
}

export function badSelection(problems: readonly string[]): WeirError {
  return new WeirError(
    { code: "WEIR-5201", what: "this selects nothing that can be understood", why: problems.join("; "), fix: "correct what is named" },
    { exitCode: 2 },
  );
}

export function noTopic(topic: string): WeirError {
  return new WeirError(
    {
      code: "WEIR-5202",
      what: "a topic that replays need is not there",
      where: topic,
      why: "the broker does not know it, and Weir creates no topics on a broker that it did not start",
      fix: "check the name; weir validate lists the topics of a pipeline",
    },
    { exitCode: 4 },
  );
}
