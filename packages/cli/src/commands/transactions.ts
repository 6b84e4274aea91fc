import { userInfo } from "node:os";
import type { HangingTransaction, TransactionAdmin } from "@weir/kafka";
import { laneKey, type Lane } from "@weir/record";
import { openAuditTrail, systemClock, type Environment, type LoadedPipeline } from "@weir/service";
import type { Log } from "@weir/stream";
import { confirm } from "../confirm.ts";
import { table, type Output } from "../output.ts";
import { lanesOf } from "../read-topics.ts";

export interface TransactionFlags {
  readonly json?: boolean;
}

export interface FinishFlags extends TransactionFlags {
  readonly reason: string;
  readonly by?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

export interface Clients {
  readonly log: Log;
  readonly transactions: TransactionAdmin;
}

/** Kafka's, where groups keep their offsets: a commit of offsets is part of its transaction. */
const OFFSETS_TOPIC = "__consumer_offsets";

/** What keeps a pipeline's partitions from being read to their end; exit code 5 where a decided transaction has no marker. */
export async function listTransactions(loaded: LoadedPipeline, clients: Clients, flags: TransactionFlags, output: Output): Promise<number> {
  const hanging = await clients.transactions.hanging(await lanesOfPipeline(loaded, clients.log));
  show(hanging, flags, output);
  return hanging.some(isForgotten) ? 5 : 0;
}

/** Writes the markers that coordinators decided on and did not write: audited, one partition after the other. */
export async function finishTransactions(
  loaded: LoadedPipeline,
  { log, transactions }: Clients,
  flags: FinishFlags,
  env: Environment,
  output: Output,
): Promise<number> {
  const lanes = await lanesOfPipeline(loaded, log);
  const hanging = await transactions.hanging(lanes);
  show(hanging, flags, output);
  const forgotten = hanging.filter(isForgotten);
  if (flags.dryRun || forgotten.length === 0) return 0;
  if (!flags.yes) await confirm(`Write ${forgotten.length === 1 ? "this marker" : `these ${forgotten.length} markers`}?`);
  const actor = flags.by ?? env["WEIR_USER"] ?? `user:${userInfo().username}`;
  const writer = `transactions-${process.pid}-${systemClock.now().toString(36)}`;
  await using trail = await openAuditTrail({ log, clock: systemClock, writer });
  for (const planned of forgotten) {
    const lane = laneKey(planned);
    const now = (await transactions.hanging([planned])).find((t) => isSame(t, planned));
    if (now === undefined || !isForgotten(now)) {
      output.note(`${lane}: is not waiting for it any more; left alone`);
      continue;
    }
    await trail.append({
      actor,
      action: "transaction.finished",
      subject: `${lane}/${now.start}`,
      pipeline: loaded.pipeline.name,
      reason: flags.reason,
      details: detailsOf(now),
    });
    await transactions.finish(now);
    output.note(`${lane}: ${now.decided.how} written for the transaction at ${now.start}; written to the audit log as ${actor}`);
  }
  const left = (await transactions.hanging(lanes)).filter((t) => forgotten.some((f) => laneKey(f) === laneKey(t)));
  for (const lane of new Set(left.map(laneKey))) output.note(`${lane}: still waits for another transaction`);
  return 0;
}

/** Topics of the pipeline, and where its groups keep their offsets. */
async function lanesOfPipeline({ topology }: LoadedPipeline, log: Log): Promise<Lane[]> {
  const own = await lanesOf(
    log,
    topology.topics.map((topic) => topic.name),
  );
  const kept = (await log.partitions([OFFSETS_TOPIC])).get(OFFSETS_TOPIC) ?? 0;
  if (kept === 0) return own;
  const places = new Set(topology.stages.map(({ group }) => javaHash(group) % kept));
  return [...own, ...[...places].map((partition) => ({ topic: OFFSETS_TOPIC, partition }))];
}

/** `String.hashCode` of Java without its sign, by which Kafka places groups. */
function javaHash(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash & 0x7fff_ffff;
}

function isForgotten({ decided }: HangingTransaction): boolean {
  return decided.how === "commit" || decided.how === "abort";
}

function isSame(a: HangingTransaction, b: HangingTransaction): boolean {
  return a.producerId === b.producerId && a.producerEpoch === b.producerEpoch && a.start === b.start;
}

function detailsOf({ producerId, producerEpoch, start, stable, end, decided }: HangingTransaction): Record<string, string | number | null> {
  const { note } = decided;
  return {
    producerId,
    producerEpoch,
    start,
    stable,
    end,
    decided: decided.how,
    transactionalId: note?.transactionalId ?? null,
    noted: note === null ? null : `__transaction_state/${note.partition}/${note.offset}`,
  };
}

const SAYS: Readonly<Record<HangingTransaction["decided"]["how"], string>> = {
  commit: "was committed, its marker was never written: weir transactions finish writes it",
  abort: "was aborted, its marker was never written: weir transactions finish writes it",
  open: "is open: its producer or its time-out ends it",
  unknown: "not known: the coordinator's log does not tell any more; kafka-transactions.sh abort throws its records away",
};

function show(hanging: readonly HangingTransaction[], flags: TransactionFlags, output: Output): void {
  if (flags.json)
    return output.data(JSON.stringify(hanging.map((t) => ({ lane: laneKey(t), ...detailsOf(t), lastTimestamp: t.lastTimestamp }))));
  if (hanging.length === 0) return output.data("every partition can be read to its end");
  const rows = hanging.map((t) => [
    laneKey(t),
    `${t.stable} of ${t.end}`,
    `${t.producerId}/${t.producerEpoch}`,
    new Date(t.lastTimestamp).toISOString(),
    t.decided.note?.transactionalId ?? "",
    SAYS[t.decided.how],
  ]);
  for (const line of table(["partition", "readable", "producer", "last record", "transactional id", "its transaction"], rows))
    output.data(line);
}
