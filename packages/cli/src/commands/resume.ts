import { userInfo } from "node:os";
import { laneKey, WeirError } from "@weir/record";
import { openAuditTrail, systemClock, type Environment, type LoadedPipeline } from "@weir/service";
import type { StoppedStage } from "@weir/monitor";
import { writeResumeNote, type Log } from "@weir/stream";
import type { Output } from "../output.ts";
import { createStatusReader } from "./status.ts";

export interface ResumeFlags {
  readonly reason: string;
  readonly partition?: string;
  readonly by?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Lets go on what a rule has stopped: writes who did it and why, then tells the stage. */
export async function resume(
  stage: string,
  loaded: LoadedPipeline,
  log: Log,
  flags: ResumeFlags,
  env: Environment,
  output: Output,
): Promise<number> {
  const { pipeline, topology } = loaded;
  const { stops } = await createStatusReader(loaded, log).read();
  const meant = stops.filter((s) => s.stage === stage && (flags.partition === undefined || s.partition === Number(flags.partition)));
  if (meant.length === 0) throw notStopped(stage, stops);
  for (const stop of meant) {
    if (flags.json) output.data(JSON.stringify(stop));
    output.note(`${laneKey(stop)}: stopped by ${stop.rule} since ${new Date(stop.since).toISOString()}, verdict ${stop.verdict}`);
  }
  if (flags.dryRun) return 0;
  const actor = flags.by ?? env["WEIR_USER"] ?? `user:${userInfo().username}`;
  const own = `${process.pid}-${systemClock.now().toString(36)}`;
  await using trail = await openAuditTrail({ log, clock: systemClock, writer: `resume-${own}` });
  for (const { rule, verdict, next, since, ...lane } of meant) {
    await trail.append({
      actor,
      action: "stage.resumed",
      subject: `${stage} ${laneKey(lane)}`,
      pipeline: pipeline.name,
      reason: flags.reason,
      details: { rule, verdict, next, since },
    });
  }
  await using producer = await log.producer({ transactionalId: `weir-control-${own}`, rotate: 1 });
  const transaction = producer.begin();
  for (const { verdict, since, ...lane } of meant) writeResumeNote(transaction, topology.control, lane, { verdict, since, by: actor });
  await transaction.commit(null);
  output.note(`${stage} goes on; written to the audit log as ${actor}`);
  return 0;
}

function notStopped(stage: string, stops: readonly StoppedStage[]): WeirError {
  const others = stops.map((s) => `${s.stage} ${laneKey(s)}`).join(", ");
  return new WeirError({
    code: "WEIR-6048",
    what: `no rule has stopped ${stage} there`,
    why: others === "" ? "nothing of the pipeline is stopped" : `stopped are: ${others}`,
    fix: "look at weir status",
  });
}
