import { userInfo } from "node:os";
import { laneKey, WeirError, type Lane } from "@weir/record";
import { openAuditTrail, systemClock, type Environment, type LoadedPipeline } from "@weir/service";
import { writeSkipNote, type Log } from "@weir/stream";
import type { Output } from "../output.ts";

export interface SkipFlags {
  readonly reason: string;
  readonly to?: string;
  readonly by?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Offsets that cannot be read. */
export interface Damage extends Lane {
  readonly from: number;
  /** First offset that can be read again. */
  readonly to: number;
  readonly why: string;
  readonly stages: readonly string[];
}

const WAIT_MS = 1000;
/** More damaged batches in a row are for somebody to look at first. */
const MAX_BATCHES = 100;

/** Leaves out what a halted partition cannot read: says what it is, writes who did it and why, then tells the stages. */
export async function skip(
  place: string,
  loaded: LoadedPipeline,
  log: Log,
  flags: SkipFlags,
  env: Environment,
  output: Output,
): Promise<number> {
  const lane = parsePlace(place);
  const damage = await findDamage(lane, loaded, log, flags.to === undefined ? null : Number(flags.to));
  const { from, to, why, stages } = damage;
  output.note(`${place}: offsets ${from} to ${to - 1} cannot be read by ${stages.join(", ")}: ${why}`);
  if (flags.json) output.data(JSON.stringify(damage));
  if (flags.dryRun) return 0;
  if (!flags.yes) throw unconfirmed(place, to - from);
  const actor = flags.by ?? env["WEIR_USER"] ?? `user:${userInfo().username}`;
  await using trail = await openAuditTrail({ log, clock: systemClock, writer: `skip-${process.pid}-${systemClock.now().toString(36)}` });
  await trail.append({
    actor,
    action: "records.skipped",
    subject: `${laneKey(lane)}/${from}-${to - 1}`,
    pipeline: loaded.pipeline.name,
    reason: flags.reason,
    details: { from, to, why, stages },
  });
  await using producer = await log.producer({
    transactionalId: `weir-control-${process.pid}-${systemClock.now().toString(36)}`,
    rotate: 1,
  });
  const transaction = producer.begin();
  writeSkipNote(transaction, loaded.topology.control, lane, from, to);
  await transaction.commit(null);
  output.note(`${stages.join(", ")} go${stages.length === 1 ? "es" : ""} on at ${to}; written to the audit log as ${actor}`);
  return 0;
}

/** Reads on from where the stages stand until something cannot be read, and from there to what can. */
async function findDamage(lane: Lane, { topology }: LoadedPipeline, log: Log, told: number | null): Promise<Damage> {
  const readers = topology.stages.filter((s) => s.type !== "ingest" && [...s.inputs, s.replay].includes(lane.topic));
  if (readers.length === 0)
    throw notRead(
      lane,
      topology.stages.flatMap((s) => s.inputs),
    );
  const key = laneKey(lane);
  const bounds = (await log.bounds([lane])).get(key);
  if (!bounds)
    throw notRead(
      lane,
      topology.stages.flatMap((s) => s.inputs),
    );
  const committed = await Promise.all(
    readers.map(async ({ group }) => (await log.committed(group, [lane], null)).get(key) ?? bounds.earliest),
  );
  await using fetcher = log.fetcher();
  const damageAt = async (start: number): Promise<{ from: number; to: number | null; why: string } | null> => {
    for (let offset = start; offset < bounds.latest;) {
      const { batches, failed } = await fetcher.fetch([{ ...lane, offset }], WAIT_MS);
      const broken = failed.find((f) => f.kind === "damaged");
      if (broken) return { from: offset, to: broken.resume ?? null, why: broken.message };
      offset = Math.max(offset, ...batches.map((b) => b.nextOffset));
    }
    return null;
  };
  const first = await damageAt(Math.max(bounds.earliest, Math.min(...committed)));
  if (first === null) throw nothingDamaged(lane);
  let to = told ?? first.to;
  for (let more = 0; told === null && to !== null && more < MAX_BATCHES; more++) {
    const next = await damageAt(to);
    if (next === null || next.from !== to) break;
    to = next.to;
  }
  if (to === null || !(to > first.from)) throw noEnd(lane, first.from);
  return { ...lane, from: first.from, to, why: first.why, stages: readers.map((s) => s.id) };
}

function parsePlace(place: string): Lane {
  const found = /^([A-Za-z0-9._-]+)\/(\d+)$/.exec(place);
  if (!found) {
    throw new WeirError(
      { code: "WEIR-6004", what: `${place} is not a partition`, fix: "write TOPIC/PARTITION, for example flights.ingest.out/0" },
      { exitCode: 2 },
    );
  }
  return { topic: found[1] ?? "", partition: Number(found[2]) };
}

function notRead(lane: Lane, inputs: readonly string[]): WeirError {
  return new WeirError(
    {
      code: "WEIR-6041",
      what: `no stage of the pipeline reads ${laneKey(lane)}`,
      why: `its stages read ${[...new Set(inputs)].join(", ")}`,
      fix: "name a topic and a partition that a stage reads",
    },
    { exitCode: 2 },
  );
}

function nothingDamaged(lane: Lane): WeirError {
  return new WeirError({
    code: "WEIR-6042",
    what: "nothing is damaged there",
    where: laneKey(lane),
    why: "everything behind the committed offsets of the stages can be read",
    fix: "look into /readyz of the stage: it tells which partition is halted, and why",
  });
}

function noEnd(lane: Lane, from: number): WeirError {
  return new WeirError({
    code: "WEIR-6043",
    what: "it is not known where the damage ends",
    where: `${laneKey(lane)} at offset ${from}`,
    why: "what the batch says of itself is damaged, too",
    fix: "give the first offset that is to be read again with --to",
  });
}

function unconfirmed(place: string, offsets: number): WeirError {
  return new WeirError(
    {
      code: "WEIR-6044",
      what: `leaving out ${offsets} offsets of ${place} was not confirmed`,
      why: "what is left out is read by no stage any more",
      fix: "repeat with --yes",
    },
    { exitCode: 6 },
  );
}
