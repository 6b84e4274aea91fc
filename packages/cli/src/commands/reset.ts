import { userInfo } from "node:os";
import type { GroupAdmin } from "@weir/kafka";
import { batchOf, laneKey, WeirError, type Lane } from "@weir/record";
import { openAuditTrail, systemClock, type Environment, type LoadedPipeline } from "@weir/service";
import { SEQUENCED_STATE, type Log } from "@weir/stream";
import { confirm } from "../confirm.ts";
import { table, type Output } from "../output.ts";
import { lanesOf, readToEnd } from "../read-topics.ts";

export interface ResetFlags {
  /** `earliest`, `latest`, or an offset. */
  readonly to: string;
  readonly reason?: string;
  readonly by?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** What is done to one partition. */
export interface Move extends Lane {
  readonly from: number | null;
  readonly to: number;
  /** Records that are decided again; negative: that nobody will read. */
  readonly again: number;
}

/** Moves a stage's place in its inputs and forgets its state, which belongs to that place. Refused while the stage runs. */
export async function reset(
  stageId: string,
  loaded: LoadedPipeline,
  { log, groups }: { readonly log: Log; readonly groups: GroupAdmin },
  flags: ResetFlags,
  env: Environment,
  output: Output,
): Promise<number> {
  const { topology, pipeline } = loaded;
  const stage = topology.stages.find((s) => s.id === stageId && s.type !== "ingest");
  if (stage === undefined) throw unknownStage(stageId, loaded);
  const moves = await planMoves(log, stage.group, await lanesOf(log, stage.inputs), flags.to);
  const stateTopic = topology.state(stage.id);
  const keys = await stateKeys(log, stateTopic);
  const states = [...keys.values()].reduce((n, list) => n + list.length, 0);
  show({ stage: stage.id, group: stage.group, moves, stateTopic, states, done: flags.dryRun !== true }, flags, output);
  if (await groups.hasMembers(stage.group)) throw stillRuns(stage.id, stage.group);
  if (flags.dryRun) return 0;
  if (!flags.yes) await confirm(`${stage.id} decides these records again (or never), and what it wrote before stays. Reset?`);
  const actor = flags.by ?? env["WEIR_USER"] ?? `user:${userInfo().username}`;
  const writer = `reset-${process.pid}-${systemClock.now().toString(36)}`;
  await using trail = await openAuditTrail({ log, clock: systemClock, writer });
  await trail.append({
    actor,
    action: "stage.reset",
    subject: stage.group,
    pipeline: pipeline.name,
    ...(flags.reason !== undefined && { reason: flags.reason }),
    details: { to: flags.to, moves: moves.map(({ topic, partition, from, to }) => ({ topic, partition, from, to })), states },
  });
  // Offsets first: a gate whose state does not belong to its offset does not start, so a reset that is cut off here is seen.
  await groups.move(stage.group, new Map(moves.map(({ topic, partition, to }) => [{ topic, partition }, to])));
  await forget(log, keys, writer);
  output.note(`${stage.id} goes on there when it is started; written to the audit log as ${actor}`);
  return 0;
}

async function planMoves(log: Log, group: string, lanes: readonly Lane[], to: string): Promise<Move[]> {
  const [bounds, committed] = await Promise.all([log.bounds(lanes), log.committed(group, lanes, null)]);
  return lanes.map((lane) => {
    const key = laneKey(lane);
    const { earliest, latest } = bounds.get(key) ?? { earliest: 0, latest: 0 };
    const wanted = to === "earliest" ? earliest : to === "latest" ? latest : Math.min(latest, Math.max(earliest, Number(to)));
    const from = committed.get(key) ?? null;
    return { ...lane, from, to: wanted, again: (from ?? earliest) - wanted };
  });
}

/** Keys that a state topic holds, by partition. */
const decoder = new TextDecoder();

async function stateKeys(log: Log, topic: string): Promise<ReadonlyMap<Lane, readonly Uint8Array[]>> {
  const lanes = await lanesOf(log, [topic]);
  const found = new Map<number, Map<string, Uint8Array>>();
  for await (const { partition, record } of readToEnd(log, lanes)) {
    // What waits behind a failed record is not read again with the inputs: it goes on waiting.
    if (record.key === null || decoder.decode(record.key).startsWith(SEQUENCED_STATE)) continue;
    const keys = found.get(partition) ?? new Map<string, Uint8Array>();
    found.set(partition, keys);
    const name = Buffer.from(record.key).toString("latin1");
    if (record.value === null) keys.delete(name);
    else keys.set(name, Uint8Array.from(record.key));
  }
  return new Map(lanes.map((lane) => [lane, [...(found.get(lane.partition)?.values() ?? [])]]));
}

async function forget(log: Log, keys: ReadonlyMap<Lane, readonly Uint8Array[]>, writer: string): Promise<void> {
  const full = [...keys].filter(([, list]) => list.length > 0);
  if (full.length === 0) return;
  await using producer = await log.producer({ transactionalId: `weir-control-${writer}`, rotate: 1 });
  const transaction = producer.begin();
  for (const [lane, list] of full) transaction.write(lane, batchOf(lane, list.map((key) => ({ key, value: null })))); // prettier-ignore
  await transaction.commit(null);
}

interface Told {
  readonly stage: string;
  readonly group: string;
  readonly moves: readonly Move[];
  readonly stateTopic: string;
  readonly states: number;
  readonly done: boolean;
}

function show(told: Told, flags: ResetFlags, output: Output): void {
  if (flags.json) return output.data(JSON.stringify(told));
  const rows = told.moves.map(({ topic, partition, from, to, again }) => [
    `${topic}/${partition}`,
    from === null ? "nothing" : String(from),
    String(to),
    again > 0 ? `${again} decided again` : again < 0 ? `${-again} left out` : "",
  ]);
  for (const line of table(["partition", "committed", "reset to", "records"], rows)) output.data(line);
  output.data(`state: ${told.states} entries of ${told.stateTopic} forgotten`);
}

function unknownStage(id: string, { topology }: LoadedPipeline): WeirError {
  const known = topology.stages.filter((s) => s.type !== "ingest").map((s) => s.id);
  return new WeirError(
    { code: "WEIR-6046", what: `there is no stage ${id} that reads`, why: `stages are ${known.join(", ")}`, fix: "name one of them" },
    { exitCode: 2 },
  );
}

function stillRuns(stage: string, group: string): WeirError {
  return new WeirError({
    code: "WEIR-6047",
    what: `${stage} still runs`,
    where: `group ${group}`,
    why: "it has members: what they are about to commit would undo the reset",
    fix: "stop the processes of the stage; those that were killed are forgotten after their session, 45 s on a stock broker",
  });
}
