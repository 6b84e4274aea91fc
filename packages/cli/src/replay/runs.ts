import { readFileSync } from "node:fs";
import { parsePlan, type ReplayPlan, type RunStatus } from "@weir/deadletter";
import { estimateMs, executePlan, openLedger, steerRun, unknownRun, type PlanContext } from "@weir/replay";
import { WeirError } from "@weir/record";
import { sha256, systemClock, type LoadedPipeline } from "@weir/service";
import type { Log } from "@weir/stream";
import { confirm } from "../confirm.ts";
import type { Output } from "../output.ts";
import { BUILDERS } from "../up/services.ts";
import { durationOf, paceOf, shareOf } from "./flags.ts";
import { planLines, runLine } from "./show.ts";

export interface ExecuteFlags {
  readonly rate: string;
  readonly ramp: string;
  readonly abortOn?: string;
  readonly settle: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export interface Who {
  readonly actor: string;
  readonly reason: string;
}

export function contextOf(loaded: LoadedPipeline, log: Log): PlanContext {
  return { loaded, log, clock: systemClock, builders: BUILDERS };
}

export function readPlan(file: string): ReplayPlan {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw badPlan(file, String(cause), cause);
  }
  const plan = parsePlan(text, sha256);
  if (typeof plan === "string") throw badPlan(file, plan);
  return plan;
}

function badPlan(file: string, why: string, cause?: unknown): WeirError {
  const problem = {
    code: "WEIR-6012",
    what: "the plan cannot be executed",
    where: file,
    why,
    fix: "make it again with weir dlq plan -o FILE",
  };
  return new WeirError(problem, { exitCode: 2, cause });
}

const TELL_EVERY_MS = 500;

/** Shows the plan, asks, executes, tells how far it is. Exit code 5 where something failed again or the run did not finish. */
export async function execute(
  plan: ReplayPlan,
  context: PlanContext,
  { actor, reason }: Who,
  flags: ExecuteFlags,
  output: Output,
): Promise<number> {
  const pace = paceOf(flags);
  for (const line of planLines(plan, estimateMs(plan, pace))) output.note(line);
  if (plan.records === 0) {
    output.note("nothing to do");
    return Object.keys(plan.leftOut).length === 0 ? 0 : 5;
  }
  if (!flags.yes) await confirm(`${VERB[plan.does]} ${plan.records} records`);
  let leave = false;
  let told = -Infinity;
  const stop = (): void => void (leave = true);
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const onProgress = (status: RunStatus): void => {
    if (systemClock.monotonic() - told < TELL_EVERY_MS) return;
    told = systemClock.monotonic();
    output.note(runLine(status));
  };
  const status = await executePlan({
    ...context,
    plan,
    actor,
    reason,
    pace,
    abortOn: flags.abortOn === undefined ? null : shareOf("--abort-on", flags.abortOn),
    settleMs: durationOf("--settle", flags.settle),
    leave: () => leave,
    onProgress,
    onNote: (line) => output.note(line),
  });
  output.data(flags.json ? JSON.stringify(status) : runLine(status));
  if (leave && status.state !== "finished") return 130;
  return status.state === "finished" && status.outcomes["failed-again"] === 0 ? 0 : 5;
}

const VERB = { replay: "send again", release: "release", discard: "discard" } as const;

export async function listRuns(loaded: LoadedPipeline, log: Log, json: boolean, output: Output): Promise<void> {
  const { view } = await openLedger(log, loaded.topology.replays);
  for (const status of view.runs()) output.data(json ? JSON.stringify(status) : `${status.startedAt}  ${runLine(status)}  ${status.actor}  "${status.reason}"`); // prettier-ignore
}

export async function showRun(run: string, loaded: LoadedPipeline, log: Log, json: boolean, output: Output): Promise<void> {
  const status = (await openLedger(log, loaded.topology.replays)).view.run(run) ?? unknownRun(run);
  output.data(json ? JSON.stringify(status) : JSON.stringify(status, null, 2));
}

/** How long the process that carries a run out may take to answer. */
const ANSWER_MS = 5000;

export async function steer(
  run: string,
  does: "pause" | "resume" | "cancel",
  actor: string,
  { loaded, log }: PlanContext,
  json: boolean,
  output: Output,
): Promise<void> {
  const status = await steerRun({ log, clock: systemClock, loaded, run, does, actor, waitMs: ANSWER_MS });
  output.data(json ? JSON.stringify(status) : runLine(status));
}
