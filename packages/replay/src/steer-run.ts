import { isOver, type RunStatus } from "@weir/deadletter";
import { WeirError } from "@weir/record";
import { openAuditTrail, type LoadedPipeline } from "@weir/service";
import type { Clock, Log } from "@weir/stream";
import { openLedger, writeLedger } from "./ledger-topic.ts";
import { writeRequest, type RunRequest } from "./requests.ts";
import { endNotes } from "./run.ts";
import { openSender } from "./sender.ts";

export interface SteerOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly loaded: LoadedPipeline;
  readonly run: string;
  readonly does: RunRequest;
  readonly actor: string;
  /** How long a process that carries the run out may take to answer. */
  readonly waitMs: number;
}

const LOOK_MS = 100;
const DONE: Readonly<Record<RunRequest, (status: RunStatus) => boolean>> = {
  pause: ({ state }) => state === "paused" || isOver(state),
  resume: ({ state }) => state === "running" || isOver(state),
  cancel: ({ state }) => isOver(state),
};

/**
 * Asks whichever process carries the run out, and waits until it has done so. A run whose process is gone can still be
 * cancelled: this process takes it over for that.
 */
export async function steerRun(options: SteerOptions): Promise<RunStatus> {
  const { log, clock, loaded, run, does, actor } = options;
  const { topology } = loaded;
  const ledger = await openLedger(log, topology.replays);
  const status = (): RunStatus => ledger.view.run(run) ?? unknownRun(run);
  if (DONE[does](status())) return status();
  await using producer = await log.producer({ transactionalId: `weir-steer-${run}`, rotate: 1 });
  const transaction = producer.begin();
  writeRequest(transaction, topology.control, { v: 1, kind: "replay", run, do: does, actor });
  await transaction.commit(null);
  for (const until = clock.monotonic() + options.waitMs; clock.monotonic() < until;) {
    await clock.sleep(LOOK_MS);
    await ledger.refresh();
    if (DONE[does](status())) return status();
  }
  if (does !== "cancel") throw nobody(run, does);
  return await takeOverAndCancel(options);
}

async function takeOverAndCancel({ log, clock, loaded, run, actor }: SteerOptions): Promise<RunStatus> {
  const { topology, pipeline } = loaded;
  const ledger = await openLedger(log, topology.replays);
  await using sender = await openSender({ log, clock, run, topology, ledger, onRetry: () => {} });
  const entry = ledger.view.entryOf(run);
  if (!entry) return unknownRun(run);
  await using trail = await openAuditTrail({ log, clock, writer: `replay-${run}` });
  const cancelled = {
    ...entry,
    state: "cancelled",
    at: new Date(clock.now()).toISOString(),
    why: `by ${actor}; its process was gone`,
  } as const;
  await sender.commit([], [cancelled], await endNotes(log, topology, entry.targets));
  await trail.append({
    actor,
    action: `${entry.does}.cancelled`,
    subject: `run ${run}`,
    pipeline: pipeline.name,
    details: { plan: entry.planDigest },
  });
  return ledger.view.run(run) ?? unknownRun(run);
}

/** Says that the trouble of a group is fixed: it shows again when the same comes back. */
export async function declareFixed(
  options: Pick<SteerOptions, "log" | "clock" | "loaded" | "actor"> & { readonly fingerprint: string; readonly version: string },
): Promise<void> {
  const { log, clock, loaded, actor, fingerprint, version } = options;
  await using trail = await openAuditTrail({ log, clock, writer: `fixed-${fingerprint}` });
  await trail.append({ actor, action: "dead-letters.fixed", subject: fingerprint, pipeline: loaded.pipeline.name, details: { version } });
  await using producer = await log.producer({ transactionalId: `weir-fixed-${fingerprint}`, rotate: 1 });
  const transaction = producer.begin();
  const at = new Date(clock.now()).toISOString();
  writeLedger(transaction, loaded.topology.replays, [{ v: 1, kind: "fixed", fingerprint, version, at, actor }]);
  await transaction.commit(null);
}

export function unknownRun(run: string): never {
  throw new WeirError({
    code: "WEIR-5205",
    what: "there is no such run",
    where: run,
    fix: "take the id from weir replay list",
  });
}

function nobody(run: string, does: RunRequest): WeirError {
  return new WeirError({
    code: "WEIR-5206",
    what: "no process carries the run out",
    where: `run ${run}`,
    why: `nobody answered the request to ${does} it`,
    fix: "go on with it by weir replay run and its plan, or end it by weir replay cancel",
  });
}
