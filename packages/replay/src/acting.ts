import { nextCount, PARKED_FROM, type Letter, type Outcome, type ReplayPlan } from "@weir/deadletter";
import type { Topology } from "@weir/pipeline";
import { MAX_VALUE_BYTES, type PlainRecord } from "@weir/record";
import type { Log } from "@weir/stream";
import { leftOutOf } from "./left-out.ts";
import { idOf, noTopic, type PlanContext } from "./make-plan.ts";
import { watchNewer } from "./newer.ts";
import { createPrepare } from "./prepare.ts";
import type { Act } from "./sender.ts";
import { createTargeting, targetPartition, type Target } from "./targets.ts";
import { createTrial, type Trial, type TrialRecord } from "./trial.ts";

/** Decides what letters of a plan become; parallel to them. */
export interface Acting extends AsyncDisposable {
  act(letters: readonly Letter[]): Promise<readonly Act[]>;
}

/** A record that may be sent. */
interface Sendable {
  readonly letter: Letter;
  readonly target: Target;
  readonly record: TrialRecord;
}

/** What is edited is asked about once more before it is sent. */
export async function createActing(context: PlanContext & { readonly plan: ReplayPlan }, run: string): Promise<Acting> {
  const { plan, loaded, log, builders } = context;
  const targeting = createTargeting(loaded.topology, plan.does, plan.target, plan.force);
  const prepare = createPrepare(run, plan.edit);
  const partitions = await partitionsOf(log, [plan.topic, ...(plan.does === "discard" ? [] : Object.keys(plan.targets))]);
  const newer = plan.ifNewer && plan.ifNewer.then !== "replay" ? await watchNewer(log, loaded.topology, plan, plan.ifNewer) : null;
  const trial = plan.edit ? await createTrial(loaded, builders) : null;
  const sending = { parked: loaded.topology.parked, force: plan.force, partitions, source: plan.topic };
  const decide = (letter: Letter): Act | Sendable => {
    if (plan.does === "discard") return { letter, outcome: told(letter, "discarded"), send: null };
    const target = targeting(letter);
    if (typeof target === "string") return skip(letter, target);
    const passed = newer?.than(letter) ?? null;
    if (passed !== null) return skip(letter, plan.ifNewer?.then === "fail" ? `${NEWER_FAILS}: ${passed}` : `newer: ${passed}`);
    const prepared = prepare(letter);
    if ("problem" in prepared) return skip(letter, prepared.problem);
    if ((prepared.record.value?.length ?? 0) > MAX_VALUE_BYTES) return skip(letter, "the value is larger than any topic takes");
    return { letter, target, record: prepared.record };
  };
  return {
    act: async (letters) => {
      await newer?.refresh();
      const decided = letters.map(decide);
      const fails = trial === null ? new Map<Letter, string>() : await wouldFail(trial, decided);
      return decided
        .map((d) => {
          if (!("target" in d)) return d;
          const why = fails.get(d.letter);
          return why === undefined ? sent(d, sending) : skip(d.letter, `would fail as edited: ${why}`);
        })
        .map((act) => withLeftOut(act, loaded.topology));
    },
    [Symbol.asyncDispose]: async () => trial?.[Symbol.asyncDispose](),
  };
}

/** Where a letter goes elsewhere than back to its stage, those that wait there behind it need not wait any more. */
function withLeftOut(act: Act, topology: Topology): Act {
  if (act.outcome.outcome === "skipped") return act;
  const leftOut = leftOutOf(act.letter, topology);
  return leftOut === null || act.send?.lane.topic === leftOut.topic ? act : { ...act, leftOut };
}

/** How an outcome begins that stops the whole run. */
export const NEWER_FAILS = "newer, and the plan says fail";

function skip(letter: Letter, reason: string): Act {
  return { letter, outcome: { ...told(letter, "skipped"), reason }, send: null };
}

async function partitionsOf(log: Log, topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const found = await log.partitions(topics);
  const missing = topics.find((topic) => !found.has(topic));
  if (missing !== undefined) throw noTopic(missing);
  return found;
}

/** Why some of them would be refused by the stage that they are for. */
async function wouldFail(trial: Trial, decided: readonly (Act | Sendable)[]): Promise<ReadonlyMap<Letter, string>> {
  const fails = new Map<Letter, string>();
  const sendable = decided.filter((d): d is Sendable => "target" in d);
  for (const stage of new Set(sendable.map((d) => d.target.stage))) {
    if (stage === null) continue;
    const own = sendable.filter((d) => d.target.stage === stage);
    const answers = await trial.judge(
      stage,
      own.map((d) => d.record),
    );
    own.forEach(({ letter }, i) => {
      const now = answers[i];
      if (now?.answer === "fail") fails.set(letter, `${now.class ?? ""} ${now.message ?? ""} at ${now.at}`);
    });
  }
  return fails;
}

interface Sending {
  readonly parked: string;
  readonly force: boolean;
  readonly partitions: ReadonlyMap<string, number>;
  readonly source: string;
}

function sent({ letter, target: { topic }, record }: Sendable, { parked, force, partitions, source }: Sending): Act {
  const isParked = topic === parked && !force && nextCount(letter) >= PARKED_FROM;
  const partition = targetPartition(letter, partitions.get(source) ?? 1, partitions.get(topic) ?? 1);
  const { timestamp: _then, ...now } = record; // an old timestamp would be deleted by retention
  return {
    letter,
    outcome: { ...told(letter, isParked ? "parked" : "replayed"), to: topic },
    send: { lane: { topic, partition }, record: isParked ? parkedRecord(letter, now) : now },
  };
}

/** Parked with all that it tells of its failures, and with the marks of the replay that it did not get. */
function parkedRecord({ record }: Letter, now: Partial<PlainRecord>): Partial<PlainRecord> {
  const marks = (now.headers ?? []).filter((h) => h.key.startsWith("weir.replay."));
  return { key: record.key, value: record.value, headers: [...record.headers.filter((h) => !h.key.startsWith("weir.replay.")), ...marks] };
}

function told(letter: Letter, outcome: Outcome): { readonly offset: number; readonly id: string; readonly outcome: Outcome } {
  return { offset: letter.record.offset, id: idOf(letter), outcome };
}
